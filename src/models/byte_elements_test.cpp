#include "models/byte_elements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/tensor.h"

namespace parlance::models {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string tensor_of(std::initializer_list<std::string_view> elements) {
  std::string tensor;
  for (const std::string_view element : elements) append_element(tensor, element);
  return tensor;
}

TEST(ByteElements, AreTheirLengthAndTheirBytes) {
  EXPECT_EQ(tensor_of({"ab", ""}), std::string("\2\0\0\0ab\0\0\0\0", 10));
  const std::string tensor = tensor_of({"one", "", "three"});
  EXPECT_EQ(count_elements(as_bytes(tensor)), 3U);
  EXPECT_THAT(split_elements(as_bytes(tensor)), ElementsAre("one", "", "three"));
  EXPECT_EQ(elements_size_bytes(as_bytes(tensor), 2), 11U);
  EXPECT_EQ(count_elements({}), 0U);
  EXPECT_THAT(split_elements({}), IsEmpty());
}

TEST(ByteElements, OneThatIsCutOffIsNone) {
  const std::string tensor = tensor_of({"one", "three"});
  for (const std::size_t cut : {1, 5, 6, 8})
    EXPECT_EQ(count_elements(as_bytes(tensor).first(tensor.size() - cut)), std::nullopt) << cut;
  EXPECT_EQ(count_elements(as_bytes(tensor).first(7)), 1U);
  EXPECT_EQ(count_elements(as_bytes(std::string("\377\377\377\377abc", 7))), std::nullopt);
}

TEST(ByteElements, RowsAreCutWhereTheElementsEnd) {
  const std::string bytes = tensor_of({"a", "bcd", "", "efghi", "j", "kl"});
  const Tensor tensor = Tensor::owning("x", DataType::kBytes, {3, 2}, Buffer::copy_of(as_bytes(bytes)));
  const Tensor part = tensor.rows(1, 2);
  EXPECT_EQ(part.shape(), (Shape{2, 2}));
  EXPECT_THAT(split_elements(part.bytes()), ElementsAre("", "efghi", "j", "kl"));
  EXPECT_THAT(split_elements(tensor.rows(0, 1).bytes()), ElementsAre("a", "bcd"));
}

}  // namespace
}  // namespace parlance::models
