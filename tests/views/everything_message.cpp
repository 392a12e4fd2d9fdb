#include "everything_message.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace parlance::testing_views {
namespace {

using testing::Everything;
using testing::Everything_Leaf;
using testing::Everything_LeafView;
using testing::EverythingView;
using testing::elsewhere::Imported;
using testing::elsewhere::ImportedView;
using testing_views::to_message;

std::string text(Bytes bytes) { return std::string{as_text(bytes)}; }
std::string text(std::string_view view) { return std::string{view}; }

template <typename View>
void add_unknown(const View& view, google::protobuf::Message& message) {
  for (const wire::UnknownFields::Field& field : view.unknown_fields()) {
    message.MergeFromString(text(field.bytes));
  }
}

void to_message(const Everything_LeafView& view, Everything_Leaf& message) {
  message.set_name(text(view.name()));
  for (const float weight : view.weights()) message.add_weights(weight);
  message.set_blob(text(view.blob()));
  add_unknown(view, message);
}

void to_message(const ImportedView& view, Imported& message) {
  message.set_id(view.id());
  message.set_size(static_cast<testing::elsewhere::Imported_Size>(view.size()));
  add_unknown(view, message);
}

void set_singular(const EverythingView& view, Everything& message) {
  message.set_a_double(view.a_double());
  message.set_a_float(view.a_float());
  message.set_an_int32(view.an_int32());
  message.set_an_int64(view.an_int64());
  message.set_a_uint32(view.a_uint32());
  message.set_a_uint64(view.a_uint64());
  message.set_a_sint32(view.a_sint32());
  message.set_a_sint64(view.a_sint64());
  message.set_a_fixed32(view.a_fixed32());
  message.set_a_fixed64(view.a_fixed64());
  message.set_a_sfixed32(view.a_sfixed32());
  message.set_a_sfixed64(view.a_sfixed64());
  message.set_a_bool(view.a_bool());
  message.set_a_string(text(view.a_string()));
  message.set_some_bytes(text(view.some_bytes()));
  message.set_a_color(static_cast<testing::Everything_Color>(view.a_color()));
  if (view.has_a_leaf()) to_message(view.a_leaf(), *message.mutable_a_leaf());
  if (view.has_itself()) to_message(view.itself(), *message.mutable_itself());
  if (view.has_imported()) to_message(view.imported(), *message.mutable_imported());
  message.set_size(static_cast<testing::elsewhere::Imported_Size>(view.size()));
  message.set_far(view.far());
  message.set_farthest(text(view.farthest()));
}

void set_repeated(const EverythingView& view, Everything& message) {
  for (const auto value : view.doubles()) message.add_doubles(value);
  for (const auto value : view.floats()) message.add_floats(value);
  for (const auto value : view.int32s()) message.add_int32s(value);
  for (const auto value : view.int64s()) message.add_int64s(value);
  for (const auto value : view.uint32s()) message.add_uint32s(value);
  for (const auto value : view.uint64s()) message.add_uint64s(value);
  for (const auto value : view.sint32s()) message.add_sint32s(value);
  for (const auto value : view.sint64s()) message.add_sint64s(value);
  for (const auto value : view.fixed32s()) message.add_fixed32s(value);
  for (const auto value : view.fixed64s()) message.add_fixed64s(value);
  for (const auto value : view.sfixed32s()) message.add_sfixed32s(value);
  for (const auto value : view.sfixed64s()) message.add_sfixed64s(value);
  for (const auto value : view.bools()) message.add_bools(value);
  for (const auto value : view.strings()) message.add_strings(text(value));
  for (const auto value : view.blobs()) message.add_blobs(text(value));
  for (const auto value : view.colors()) message.add_colors(static_cast<testing::Everything_Color>(value));
  for (const auto value : view.leaves()) to_message(value, *message.add_leaves());
  for (const auto value : view.children()) to_message(value, *message.add_children());
  for (const auto value : view.unpacked()) message.add_unpacked(value);
  for (const auto value : view.unpacked_floats()) message.add_unpacked_floats(value);
}

void set_choice(const EverythingView& view, Everything& message) {
  switch (view.choice_case()) {
    case EverythingView::kNumber:
      return message.set_number(view.number());
    case EverythingView::kText:
      return message.set_text(text(view.text()));
    case EverythingView::kChosenLeaf:
      return to_message(view.chosen_leaf(), *message.mutable_chosen_leaf());
    case EverythingView::kChosenBytes:
      return message.set_chosen_bytes(text(view.chosen_bytes()));
    case EverythingView::kChosenColor:
      return message.set_chosen_color(static_cast<testing::Everything_Color>(view.chosen_color()));
    case EverythingView::kChosenSelf:
      return to_message(view.chosen_self(), *message.mutable_chosen_self());
    case EverythingView::CHOICE_NOT_SET:
      return;
  }
}

void set_optional(const EverythingView& view, Everything& message) {
  if (view.has_maybe_int32()) message.set_maybe_int32(view.maybe_int32());
  if (view.has_maybe_string()) message.set_maybe_string(text(view.maybe_string()));
  if (view.has_maybe_color()) {
    message.set_maybe_color(static_cast<testing::Everything_Color>(view.maybe_color()));
  }
  if (view.has_maybe_double()) message.set_maybe_double(view.maybe_double());
}

// By lookup, so that the value of a key that comes twice is the one that find() gives.
void set_maps(const EverythingView& view, Everything& message) {
  for (const auto& [key, value] : view.labels()) {
    (*message.mutable_labels())[text(key)] = text(*view.labels().find(key));
  }
  for (const auto& [key, value] : view.numbers())
    (*message.mutable_numbers())[key] = *view.numbers().find(key);
  for (const auto& [key, value] : view.leaves_by_name()) {
    Everything_Leaf leaf;
    to_message(*view.leaves_by_name().find(key), leaf);
    (*message.mutable_leaves_by_name())[text(key)] = leaf;
  }
  for (const auto& [key, value] : view.blobs_by_bool()) {
    (*message.mutable_blobs_by_bool())[key] = text(*view.blobs_by_bool().find(key));
  }
  for (const auto& [key, value] : view.colors_by_number()) {
    (*message.mutable_colors_by_number())[key] =
        static_cast<testing::Everything_Color>(*view.colors_by_number().find(key));
  }
  for (const auto& [key, value] : view.others()) {
    Everything other;
    testing_views::to_message(*view.others().find(key), other);
    (*message.mutable_others())[key] = other;
  }
}

}  // namespace

void to_message(const EverythingView& view, Everything& message) {
  set_singular(view, message);
  set_repeated(view, message);
  set_choice(view, message);
  set_optional(view, message);
  set_maps(view, message);
  add_unknown(view, message);
}

std::string deterministic_bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream{&bytes};
  google::protobuf::io::CodedOutputStream out{&stream};
  out.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

}  // namespace parlance::testing_views
