#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "dialects/tfserving/examples.h"
#include "dialects/tfserving/signatures.h"
#include "models/tensor.h"

namespace parlance::dialects::tfserving {

/// How the tensors of a :predict stand in its JSON, and in that of the answer.
enum class JsonFormat : std::uint8_t {
  kRow,     // "instances": a list of rows; "predictions"
  kColumn,  // "inputs": whole tensors; "outputs"
};

struct JsonPredict {
  ServedSignature signature;
  JsonFormat format = JsonFormat::kRow;
  models::Tensors inputs;  // which own their bytes
};

/// Gives the signature of a name, empty for the default.
using FindSignature = std::function<Result<ServedSignature>(std::string_view name)>;

/// The body of a :predict. INVALID_ARGUMENT with TensorFlow Serving's texts for what is not right in it; a
/// signature that is not found is one, too.
Result<JsonPredict> read_predict(std::string_view body, const FindSignature& find);

/// The body of a :classify or a :regress.
class JsonExamples {
 public:
  static Result<JsonExamples> read(std::string_view body);

  const std::string& signature() const { return signature_; }
  /// Borrow from this.
  const Examples& examples() const { return examples_; }

 private:
  friend class JsonExamplesReader;
  std::string signature_;
  std::deque<std::string> texts_;  // which examples borrow
  Examples examples_;
};

}  // namespace parlance::dialects::tfserving
