#include "everything_fields.h"

#include <map>
#include <string>

namespace parlance::testing_views {
namespace {

using testing::Everything_LeafFields;
using testing::Everything_LeafView;
using testing::EverythingFields;
using testing::EverythingView;
using testing::elsewhere::ImportedFields;
using testing::elsewhere::ImportedView;

Everything_LeafFields fields_of(const Everything_LeafView& view, Storage& storage) {
  std::vector<float>& weights = storage.keep(std::vector<float>(view.weights().size()));
  view.weights().copy_to(weights);
  return {
      .name = view.name(), .weights = weights, .blob = view.blob(), .unknown_fields = view.unknown_fields()};
}

ImportedFields fields_of(const ImportedView& view, Storage&) {
  return {.id = view.id(), .size = view.size(), .unknown_fields = view.unknown_fields()};
}

using testing_views::fields_of;

// An array of the values of any range. A std::vector<bool> is none.
template <typename Range>
auto& array_of(const Range& range, Storage& storage) {
  using Value = typename Range::value_type;
  struct Array {
    std::unique_ptr<Value[]> data;
    std::size_t count = 0;
    const Value* begin() const { return data.get(); }
    const Value* end() const { return data.get() + count; }
  };
  std::size_t count = 0;
  for (auto at = range.begin(); at != range.end(); ++at) ++count;
  Array array{std::make_unique<Value[]>(count), count};
  std::ranges::copy(range, array.data.get());
  return storage.keep(std::move(array));
}

template <typename Fields, typename Range>
std::vector<Fields>& messages_of(const Range& range, Storage& storage) {
  std::vector<Fields> messages;
  for (const auto view : range) messages.push_back(fields_of(view, storage));
  return storage.keep(std::move(messages));
}

// The entries of a map by their keys; `value_of` makes of a view's value what an entry holds.
template <typename Entry, typename Map, typename ValueOf>
std::vector<Entry>& entries_of(const Map& map, Storage& storage, ValueOf value_of) {
  std::map<typename Map::key_type, typename Map::mapped_type> last;
  for (const auto& [key, value] : map) last.insert_or_assign(key, value);
  std::vector<Entry> entries;
  for (const auto& [key, value] : last) entries.push_back({.key = key, .value = value_of(value)});
  return storage.keep(std::move(entries));
}
constexpr auto as_it_is = [](const auto& value) { return value; };

void set_singular(const EverythingView& view, EverythingFields& fields, Storage& storage) {
  fields.a_double = view.a_double();
  fields.a_float = view.a_float();
  fields.an_int32 = view.an_int32();
  fields.an_int64 = view.an_int64();
  fields.a_uint32 = view.a_uint32();
  fields.a_uint64 = view.a_uint64();
  fields.a_sint32 = view.a_sint32();
  fields.a_sint64 = view.a_sint64();
  fields.a_fixed32 = view.a_fixed32();
  fields.a_fixed64 = view.a_fixed64();
  fields.a_sfixed32 = view.a_sfixed32();
  fields.a_sfixed64 = view.a_sfixed64();
  fields.a_bool = view.a_bool();
  fields.a_string = view.a_string();
  fields.some_bytes = view.some_bytes();
  fields.a_color = view.a_color();
  if (view.has_a_leaf()) fields.a_leaf = &storage.keep(fields_of(view.a_leaf(), storage));
  if (view.has_itself()) fields.itself = &storage.keep(fields_of(view.itself(), storage));
  if (view.has_imported()) fields.imported = &storage.keep(fields_of(view.imported(), storage));
  fields.size = view.size();
  fields.far = view.far();
  fields.farthest = view.farthest();
}

void set_repeated(const EverythingView& view, EverythingFields& fields, Storage& storage) {
  fields.doubles = array_of(view.doubles(), storage);
  fields.floats = array_of(view.floats(), storage);
  fields.int32s = array_of(view.int32s(), storage);
  fields.int64s = array_of(view.int64s(), storage);
  fields.uint32s = array_of(view.uint32s(), storage);
  fields.uint64s = array_of(view.uint64s(), storage);
  fields.sint32s = array_of(view.sint32s(), storage);
  fields.sint64s = array_of(view.sint64s(), storage);
  fields.fixed32s = array_of(view.fixed32s(), storage);
  fields.fixed64s = array_of(view.fixed64s(), storage);
  fields.sfixed32s = array_of(view.sfixed32s(), storage);
  fields.sfixed64s = array_of(view.sfixed64s(), storage);
  fields.bools = array_of(view.bools(), storage);
  fields.strings = array_of(view.strings(), storage);
  fields.blobs = array_of(view.blobs(), storage);
  fields.colors = array_of(view.colors(), storage);
  fields.leaves = messages_of<Everything_LeafFields>(view.leaves(), storage);
  fields.children = messages_of<EverythingFields>(view.children(), storage);
  fields.unpacked = array_of(view.unpacked(), storage);
  fields.unpacked_floats = array_of(view.unpacked_floats(), storage);
}

void set_choice(const EverythingView& view, EverythingFields& fields, Storage& storage) {
  if (view.has_number()) fields.number = view.number();
  if (view.has_text()) fields.text = view.text();
  if (view.has_chosen_leaf()) fields.chosen_leaf = &storage.keep(fields_of(view.chosen_leaf(), storage));
  if (view.has_chosen_bytes()) fields.chosen_bytes = view.chosen_bytes();
  if (view.has_chosen_color()) fields.chosen_color = view.chosen_color();
  if (view.has_chosen_self()) fields.chosen_self = &storage.keep(fields_of(view.chosen_self(), storage));
}

void set_optional(const EverythingView& view, EverythingFields& fields) {
  if (view.has_maybe_int32()) fields.maybe_int32 = view.maybe_int32();
  if (view.has_maybe_string()) fields.maybe_string = view.maybe_string();
  if (view.has_maybe_color()) fields.maybe_color = view.maybe_color();
  if (view.has_maybe_double()) fields.maybe_double = view.maybe_double();
}

void set_maps(const EverythingView& view, EverythingFields& fields, Storage& storage) {
  const auto message = [&](const auto& value) { return &storage.keep(fields_of(value, storage)); };
  fields.labels = entries_of<testing::Everything_LabelsEntryFields>(view.labels(), storage, as_it_is);
  fields.numbers = entries_of<testing::Everything_NumbersEntryFields>(view.numbers(), storage, as_it_is);
  fields.leaves_by_name =
      entries_of<testing::Everything_LeavesByNameEntryFields>(view.leaves_by_name(), storage, message);
  fields.blobs_by_bool =
      entries_of<testing::Everything_BlobsByBoolEntryFields>(view.blobs_by_bool(), storage, as_it_is);
  fields.colors_by_number =
      entries_of<testing::Everything_ColorsByNumberEntryFields>(view.colors_by_number(), storage, as_it_is);
  fields.others = entries_of<testing::Everything_OthersEntryFields>(view.others(), storage, message);
}

}  // namespace

EverythingFields fields_of(const EverythingView& view, Storage& storage) {
  EverythingFields fields;
  set_singular(view, fields, storage);
  set_repeated(view, fields, storage);
  set_choice(view, fields, storage);
  set_optional(view, fields);
  set_maps(view, fields, storage);
  fields.unknown_fields = view.unknown_fields();
  return fields;
}

}  // namespace parlance::testing_views
