#include <fmt/format.h>
#include <google/protobuf/compiler/importer.h>

#include <filesystem>
#include <utility>

#include "app/schema.h"

namespace parlance::app {
namespace {

namespace pb = google::protobuf;
namespace fs = std::filesystem;

class Errors final : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int, const std::string& message) override {
    if (!text_.empty()) text_ += '\n';
    text_ +=
        line < 0 ? fmt::format("{}: {}", file, message) : fmt::format("{}:{}: {}", file, line + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class FileSchema final : public Schema {
 public:
  explicit FileSchema(const std::vector<std::string>& import_dirs) {
    for (const std::string& dir : import_dirs) tree_.MapPath("", dir);
  }

  Status import(const std::string& file) {
    const pb::FileDescriptor* imported = importer_.Import(name_in_tree(file));
    if (imported == nullptr) return {StatusCode::kInvalidArgument, errors_.text()};
    for (int i = 0; i < imported->service_count(); ++i)
      services_.push_back(imported->service(i)->full_name());
    return {};
  }

  Result<std::vector<std::string>> services() override { return services_; }
  const pb::DescriptorPool& pool() override { return *importer_.pool(); }
  Status why_not_found(std::string_view symbol) override {
    return {StatusCode::kNotFound, fmt::format("the .proto files have no symbol '{}'", symbol)};
  }

 private:
  // A file below an import directory goes by its name from there, as its importers call it; any other one by
  // its bare name.
  std::string name_in_tree(const std::string& file) {
    std::string name;
    std::string shadowing;
    if (tree_.DiskFileToVirtualFile(file, &name, &shadowing) == pb::compiler::DiskSourceTree::SUCCESS)
      return name;
    if (!fs::exists(file)) return file;
    const fs::path folder = fs::path{file}.parent_path();
    tree_.MapPath("", folder.empty() ? "." : folder.string());
    return fs::path{file}.filename().string();
  }

  pb::compiler::DiskSourceTree tree_;
  Errors errors_;
  pb::compiler::Importer importer_{&tree_, &errors_};
  std::vector<std::string> services_;
};

}  // namespace

Result<std::unique_ptr<Schema>> schema_of_files(const std::vector<std::string>& files,
                                                const std::vector<std::string>& import_dirs) {
  auto schema = std::make_unique<FileSchema>(import_dirs);
  for (const std::string& file : files) {
    if (Status imported = schema->import(file); !imported.ok()) return std::unexpected{std::move(imported)};
  }
  return schema;
}

}  // namespace parlance::app
