#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "app/schema.h"

namespace parlance::app {
namespace {

namespace pb = google::protobuf;

// The name in JSON that a field has without saying so: "model_name" becomes "modelName".
std::string default_json_name(std::string_view field) {
  std::string name;
  bool capital = false;
  for (const char c : field) {
    if (c == '_') {
      capital = true;
    } else {
      name +=
          std::exchange(capital, false) ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
  }
  return name;
}

// Servers spell every name out, and it would then stand in every declaration that is printed.
void drop_default_json_names(pb::DescriptorProto& message) {
  for (auto& field : *message.mutable_field()) {
    if (field.json_name() == default_json_name(field.name())) field.clear_json_name();
  }
  for (auto& nested : *message.mutable_nested_type()) drop_default_json_names(nested);
}

// Where a descriptor pool finds what it does not have yet: what the server answered before, then the server.
class ReflectionDatabase final : public pb::DescriptorDatabase {
 public:
  explicit ReflectionDatabase(ReflectionClient client) : client_(std::move(client)) {}

  ReflectionClient& client() { return client_; }
  /// The last question the server could not be asked; OK when it answered all.
  const Status& failure() const { return failure_; }

  bool FindFileByName(const std::string& name, pb::FileDescriptorProto* file) override {
    if (known_.FindFileByName(name, file)) return true;
    ReflectionClient::Request request;
    request.set_file_by_filename(name);
    if (learn(request) && known_.FindFileByName(name, file)) return true;
    // Some servers do not hand out protobuf's own files, which are the same everywhere.
    const pb::FileDescriptor* own = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    if (own == nullptr || !name.starts_with("google/protobuf/")) return false;
    own->CopyTo(file);
    return true;
  }

  bool FindFileContainingSymbol(const std::string& symbol, pb::FileDescriptorProto* file) override {
    if (known_.FindFileContainingSymbol(symbol, file)) return true;
    ReflectionClient::Request request;
    request.set_file_containing_symbol(symbol);
    return learn(request) && known_.FindFileContainingSymbol(symbol, file);
  }

  bool FindFileContainingExtension(const std::string& type, int number,
                                   pb::FileDescriptorProto* file) override {
    if (known_.FindFileContainingExtension(type, number, file)) return true;
    ReflectionClient::Request request;
    request.mutable_file_containing_extension()->set_containing_type(type);
    request.mutable_file_containing_extension()->set_extension_number(number);
    return learn(request) && known_.FindFileContainingExtension(type, number, file);
  }

 private:
  bool learn(const ReflectionClient::Request& request) {
    const Result<ReflectionClient::Response> response = client_.ask(request);
    if (!response) {
      if (response.error().code() != StatusCode::kNotFound) failure_ = response.error();
      return false;
    }
    for (const std::string& bytes : response->file_descriptor_response().file_descriptor_proto()) {
      pb::FileDescriptorProto file;
      pb::FileDescriptorProto before;
      if (!file.ParseFromString(bytes) || known_.FindFileByName(file.name(), &before)) continue;
      for (auto& message : *file.mutable_message_type()) drop_default_json_names(message);
      known_.Add(file);
    }
    return true;
  }

  ReflectionClient client_;
  pb::SimpleDescriptorDatabase known_;
  Status failure_;
};

// Keeps why a file of the server could not be used.
class FirstError final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& message) override {
    if (!text_) text_ = fmt::format("{}: {}: {}", file, element, message);
  }
  const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};

class ReflectionSchema final : public Schema {
 public:
  explicit ReflectionSchema(ReflectionClient client) : database_(std::move(client)) {}

  Result<std::vector<std::string>> services() override { return database_.client().list_services(); }
  const pb::DescriptorPool& pool() override { return pool_; }

  Status why_not_found(std::string_view symbol) override {
    if (database_.failure().code() == StatusCode::kUnimplemented) {
      return {StatusCode::kUnimplemented,
              "the server does not offer reflection; name its .proto files with --proto"};
    }
    if (!database_.failure().ok()) return database_.failure();
    if (errors_.text()) {
      return {StatusCode::kInternal, fmt::format("the server's descriptors are broken: {}", *errors_.text())};
    }
    return {StatusCode::kNotFound, fmt::format("the server knows no symbol '{}'", symbol)};
  }

 private:
  ReflectionDatabase database_;
  FirstError errors_;
  pb::DescriptorPool pool_{&database_, &errors_};
};

}  // namespace

std::unique_ptr<Schema> schema_by_reflection(ReflectionClient client) {
  return std::make_unique<ReflectionSchema>(std::move(client));
}

}  // namespace parlance::app
