#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/reflection_client.h"
#include "base/status.h"

namespace parlance::app {

/// Services and messages that are known at run time only. One thread at a time.
class Schema {
 public:
  virtual ~Schema() = default;

  /// Full names, in the order of their source.
  virtual Result<std::vector<std::string>> services() = 0;
  /// Holds what was looked up, and finds the rest when it is asked for.
  virtual const google::protobuf::DescriptorPool& pool() = 0;
  /// Why a symbol that pool() does not find is not there.
  virtual Status why_not_found(std::string_view symbol) = 0;
};

/// What the server says about itself.
std::unique_ptr<Schema> schema_by_reflection(ReflectionClient client);

/// The services of .proto files, compiled here; imports are searched in `import_dirs` and then beside the
/// files. INVALID_ARGUMENT with the compiler's errors, a line each.
Result<std::unique_ptr<Schema>> schema_of_files(const std::vector<std::string>& files,
                                                const std::vector<std::string>& import_dirs);

/// "package.Service/Method" or "package.Service.Method". The error says what there is instead.
Result<const google::protobuf::MethodDescriptor*> find_method(Schema& schema, const std::string& name);

/// The declaration of a service, method, message, enum or field, as it would stand in a .proto file.
Result<std::string> describe(Schema& schema, const std::string& symbol);

}  // namespace parlance::app
