#include <deque>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "http2/hpack_dynamic_table.h"
#include "http2/hpack_hash.h"
#include "http2/hpack_lookup.h"
#include "http2/hpack_static_table.h"

namespace parlance::http2 {
namespace {

// RFC 7541 appendix A.
TEST(HpackStaticTable, HasTheEntriesOfAppendixA) {
  EXPECT_EQ(static_entry(1).name, ":authority");
  EXPECT_EQ(static_entry(8).value, "200");
  EXPECT_EQ(static_entry(16).value, "gzip, deflate");
  EXPECT_EQ(static_entry(31).name, "content-type");
  EXPECT_EQ(static_entry(61).name, "www-authenticate");
}

TEST(HpackStaticTable, EveryEntryIsFoundAndHasItsToken) {
  for (std::uint32_t index = 1; index <= kStaticTableSize; ++index) {
    const HeaderField& entry = static_entry(index);
    EXPECT_EQ(entry.token, header_token(entry.name)) << entry.name;
    const std::uint32_t first = find_static_name(entry.name, hash_text(entry.name));
    ASSERT_GT(first, 0u);
    EXPECT_LE(first, index);
    EXPECT_EQ(static_entry(first).name, entry.name);
    EXPECT_EQ(find_static_value(first, entry.value), index);
  }
}

TEST(HpackStaticTable, OtherNamesAndValuesAreNotFound) {
  for (const std::string_view name : {"", ":", "grpc-status", "content-typ", "Content-Type"})
    EXPECT_EQ(find_static_name(name, hash_text(name)), 0u) << name;
  EXPECT_EQ(find_static_value(8, "201"), 0u);
  EXPECT_EQ(find_static_value(8, "gzip, deflate"), 0u);
}

TEST(HpackHash, IsTheSameAtCompileTimeAndAtRunTime) {
  constexpr std::string_view kText = "some-header-name-with-27-ch";
  constexpr std::uint64_t kHashes[] = {hash_text(kText.substr(0, 0)), hash_text(kText.substr(0, 3)),
                                       hash_text(kText.substr(0, 5)), hash_text(kText.substr(0, 8)),
                                       hash_text(kText.substr(0, 9)), hash_text(kText)};
  const std::size_t lengths[] = {0, 3, 5, 8, 9, kText.size()};
  for (std::size_t i = 0; i < std::size(lengths); ++i) {
    const std::string text{kText.substr(0, lengths[i])};
    EXPECT_EQ(hash_text(text), kHashes[i]) << text;
  }
}

TEST(DynamicTable, TakesNoMoreThanItsSize) {
  DynamicTable table{100};
  EXPECT_EQ(table.insert("a", "1", HeaderToken::kOther), 1u);  // 34
  EXPECT_EQ(table.insert("b", "2", HeaderToken::kOther), 2u);
  EXPECT_EQ(table.size_bytes(), 68u);
  EXPECT_EQ(table.insert("c", "3", HeaderToken::kOther), 3u);  // 102: the first goes
  EXPECT_EQ(table.count(), 2u);
  EXPECT_FALSE(table.is_live(1));
  EXPECT_EQ(table.entry(2).name, "b");
  EXPECT_EQ(table.entry(table.id_of_age(0)).value, "3");
  EXPECT_EQ(table.age_of_id(2), 1u);
}

TEST(DynamicTable, OfSizeZeroHoldsNothing) {
  DynamicTable table{0};
  EXPECT_EQ(table.insert("", "", HeaderToken::kOther), 0u);
  EXPECT_EQ(table.count(), 0u);
}

struct ModelEntry {
  std::uint64_t id;
  std::string name;
  std::string value;
};

/// The table and the look-ups beside a queue of strings that is obviously right.
TEST(DynamicTable, AgreesWithAQueueOfStringsUnderRandomUse) {
  constexpr std::uint32_t kSeed = 75410;
  constexpr std::uint32_t kLargest = 1500;
  std::mt19937 random{kSeed};
  DynamicTable table{300};
  HpackLookup lookup;
  std::deque<ModelEntry> model;  // oldest first
  std::uint32_t model_bytes = 0;
  const auto evict = [&](std::uint32_t down_to) {
    for (; model_bytes > down_to; model.pop_front())
      model_bytes -= static_cast<std::uint32_t>(model.front().name.size() + model.front().value.size() + 32);
  };
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 50 == 0) {
      const std::uint32_t max_bytes = random() % (kLargest + 1);
      table.set_max_bytes(max_bytes);
      evict(max_bytes);
    } else {
      std::string name = "name-" + std::to_string(random() % 20);
      std::string value(random() % (step % 10 == 0 ? 800 : 40), static_cast<char>('a' + random() % 2));
      const bool borrow = !model.empty() && random() % 3 == 0;
      if (borrow) name = model.front().name;
      const std::uint64_t id = table.insert(
          borrow ? table.entry(model.front().id).name : std::string_view{name}, value, HeaderToken::kOther);
      const auto bytes = static_cast<std::uint32_t>(name.size() + value.size() + 32);
      evict(bytes > table.max_bytes() ? 0 : table.max_bytes() - bytes);
      ASSERT_EQ(id == 0, bytes > table.max_bytes());
      if (id != 0) {
        const std::uint64_t name_hash = hash_text(name);
        lookup.add(table, id, name_hash, hash_text(value, name_hash));
        model.push_back({id, name, value});
        model_bytes += bytes;
      }
    }
    ASSERT_EQ(table.count(), model.size());
    ASSERT_EQ(table.size_bytes(), model_bytes);
    for (std::size_t i = 0; i < model.size(); ++i) {
      const HeaderField entry =
          table.entry(table.id_of_age(static_cast<std::uint32_t>(model.size() - 1 - i)));
      ASSERT_EQ(entry.name, model[i].name);
      ASSERT_EQ(entry.value, model[i].value);
      ASSERT_EQ(entry.entry_id, model[i].id);
      const std::uint64_t name_hash = hash_text(entry.name);
      const std::uint64_t found =
          lookup.find_field(table, entry.name, entry.value, hash_text(entry.value, name_hash));
      ASSERT_GE(found, model[i].id);  // the newest one that is the same
      ASSERT_EQ(table.entry(found).value, model[i].value);
      ASSERT_GE(lookup.find_name(table, entry.name, name_hash), found);
    }
    ASSERT_EQ(lookup.find_name(table, "absent", hash_text("absent")), 0u);
  }
}

}  // namespace
}  // namespace parlance::http2
