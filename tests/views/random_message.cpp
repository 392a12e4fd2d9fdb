#include "random_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <array>
#include <limits>

namespace parlance::testing_views {
namespace {

namespace pb = google::protobuf;

std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }
bool one_in(Random& random, std::uint64_t bound) { return below(random, bound) == 0; }

// Zero, edges, numbers of each width.
std::uint64_t number(Random& random) {
  switch (below(random, 5)) {
    case 0:
      return 0;
    case 1:
      return below(random, 200);
    case 2:
      return ~std::uint64_t{0} - below(random, 3);
    case 3:
      return (std::uint64_t{1} << below(random, 64)) - below(random, 2);
    default:
      return random() >> below(random, 64);
  }
}

double real(Random& random) {
  static constexpr std::array kReals{0.0, -0.0, 1.5, -1e300, std::numeric_limits<double>::infinity()};
  return one_in(random, 2) ? kReals[below(random, kReals.size())] : static_cast<double>(number(random)) / 7;
}

std::string bytes(Random& random) {
  std::string bytes(one_in(random, 8) ? below(random, 300) : below(random, 12), '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string text(Random& random) {
  static constexpr std::array kPieces{"a", "name", "é", "€", "😀", "\x7f", "longer than eight bytes "};
  std::string text;
  for (std::uint64_t count = below(random, 5); count > 0; --count)
    text += kPieces[below(random, kPieces.size())];
  return text;
}

// What sets and adds a value of one field.
struct Setter {
  pb::Message& message;
  const pb::FieldDescriptor& field;
  Random& random;
  int depth;
  const pb::Reflection& reflection = *message.GetReflection();

  template <typename Value, typename Set, typename Add>
  void put(Value value, Set set, Add add) {
    if (field.is_repeated()) {
      (reflection.*add)(&message, &field, std::move(value));
    } else {
      (reflection.*set)(&message, &field, std::move(value));
    }
  }

  void put_one() {
    using Reflection = pb::Reflection;
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return put(static_cast<std::int32_t>(number(random)), &Reflection::SetInt32, &Reflection::AddInt32);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return put(static_cast<std::int64_t>(number(random)), &Reflection::SetInt64, &Reflection::AddInt64);
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return put(static_cast<std::uint32_t>(number(random)), &Reflection::SetUInt32,
                   &Reflection::AddUInt32);
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return put(number(random), &Reflection::SetUInt64, &Reflection::AddUInt64);
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return put(real(random), &Reflection::SetDouble, &Reflection::AddDouble);
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return put(static_cast<float>(real(random)), &Reflection::SetFloat, &Reflection::AddFloat);
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return put(one_in(random, 2), &Reflection::SetBool, &Reflection::AddBool);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return put(static_cast<int>(number(random)), &Reflection::SetEnumValue, &Reflection::AddEnumValue);
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return put(field.type() == pb::FieldDescriptor::TYPE_STRING ? text(random) : bytes(random),
                   &Reflection::SetString, &Reflection::AddString);
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth == 0) return;
        pb::Message* inner = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                                 : reflection.MutableMessage(&message, &field);
        return fill(*inner, random, depth - 1);
    }
  }
};

void add_unknown(pb::UnknownFieldSet& unknown, Random& random, int depth) {
  const auto field_number = static_cast<int>(1000 + below(random, 100000));
  switch (below(random, 5)) {
    case 0:
      return unknown.AddVarint(field_number, number(random));
    case 1:
      return unknown.AddFixed32(field_number, static_cast<std::uint32_t>(number(random)));
    case 2:
      return unknown.AddFixed64(field_number, number(random));
    case 3:
      return unknown.AddLengthDelimited(field_number, bytes(random));
    default:
      pb::UnknownFieldSet& group = *unknown.AddGroup(field_number);
      if (depth > 0) add_unknown(group, random, depth - 1);
  }
}

std::string piece(const std::string& of, Random& random) {
  const std::size_t begin = below(random, of.size() + 1);
  return of.substr(begin, below(random, of.size() - begin + 1));
}

void mutate(std::string& bytes, Random& random) {
  const std::size_t at = below(random, bytes.size() + 1);
  switch (below(random, 6)) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random());
      return;
    case 1:
      if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
      return;
    case 2:
      bytes.erase(at, below(random, 4));
      return;
    case 3:
      bytes.insert(at, 1, static_cast<char>(one_in(random, 3) ? 0x80 : random()));
      return;
    case 4:
      bytes.insert(at, piece(bytes, random));
      return;
    default:
      bytes.resize(at);
  }
}

}  // namespace

void fill(pb::Message& message, Random& random, int depth) {
  const pb::Descriptor& type = *message.GetDescriptor();
  const std::uint64_t rarity = 1 + below(random, 12);
  for (int index = 0; index < type.field_count(); ++index) {
    const pb::FieldDescriptor& field = *type.field(index);
    if (!one_in(random, rarity)) continue;
    for (std::uint64_t count = field.is_repeated() ? below(random, 5) : 1; count > 0; --count) {
      Setter{message, field, random, depth}.put_one();
    }
  }
  if (one_in(random, 8)) add_unknown(*message.GetReflection()->MutableUnknownFields(&message), random, depth);
}

std::string mutated(std::string bytes, Random& random) {
  for (std::uint64_t count = 1 + below(random, 4); count > 0; --count) mutate(bytes, random);
  return bytes;
}

}  // namespace parlance::testing_views
