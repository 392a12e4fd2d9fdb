// Ours against libnghttp2: each decodes what the other encodes, with table size changes in between; and both
// read the same damaged blocks.

#include <memory>
#include <optional>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "http2/hpack_decoder.h"
#include "http2/hpack_encoder.h"
#include "http2/hpack_test_support.h"

namespace parlance::http2 {
namespace {

using test::Field;
using test::Fields;
using test::owned;
using test::RandomFields;

using Block = std::vector<std::byte>;

struct Deleter {
  void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  void operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }
};

class TheirDecoder {
 public:
  TheirDecoder() {
    nghttp2_hd_inflater* inflater = nullptr;
    EXPECT_EQ(nghttp2_hd_inflate_new(&inflater), 0);
    inflater_.reset(inflater);
  }

  void set_max_table_bytes(std::uint32_t bytes) {
    EXPECT_EQ(nghttp2_hd_inflate_change_table_size(inflater_.get(), bytes), 0);
  }

  /// The fields, or nothing when it rejects the block.
  std::optional<Fields> decode(const Block& block) {
    Fields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    const std::uint8_t* end = at + block.size();
    for (;;) {
      nghttp2_nv nv;
      int flags = 0;
      const auto length =
          nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, at, static_cast<std::size_t>(end - at), 1);
      if (length < 0) return std::nullopt;
      at += length;
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) fields.push_back(field(nv));
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && at == end) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_.get());
    return fields;
  }

  std::size_t table_bytes() const { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get()); }

 private:
  static Field field(const nghttp2_nv& nv) {
    return {{reinterpret_cast<const char*>(nv.name), nv.namelen},
            {reinterpret_cast<const char*>(nv.value), nv.valuelen},
            (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0};
  }

  std::unique_ptr<nghttp2_hd_inflater, Deleter> inflater_;
};

class TheirEncoder {
 public:
  TheirEncoder() {
    nghttp2_hd_deflater* deflater = nullptr;
    EXPECT_EQ(nghttp2_hd_deflate_new(&deflater, 6000), 0);
    deflater_.reset(deflater);
  }

  void set_max_table_bytes(std::uint32_t bytes) {
    EXPECT_EQ(nghttp2_hd_deflate_change_table_size(deflater_.get(), bytes), 0);
  }

  Block encode(const Fields& fields) {
    std::vector<nghttp2_nv> nvs;
    for (const Field& field : fields) {
      auto* name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data()));
      auto* value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data()));
      const auto flags = static_cast<std::uint8_t>(field.never_indexed ? NGHTTP2_NV_FLAG_NO_INDEX : 0);
      nvs.push_back({name, value, field.name.size(), field.value.size(), flags});
    }
    Block block(nghttp2_hd_deflate_bound(deflater_.get(), nvs.data(), nvs.size()));
    const auto length = nghttp2_hd_deflate_hd(deflater_.get(), reinterpret_cast<std::uint8_t*>(block.data()),
                                              block.size(), nvs.data(), nvs.size());
    EXPECT_GE(length, 0);
    block.resize(static_cast<std::size_t>(length));
    return block;
  }

 private:
  std::unique_ptr<nghttp2_hd_deflater, Deleter> deflater_;
};

Block encoded(HpackEncoder& encoder, const Fields& fields) {
  Block block;
  encoder.encode(test::views(fields), block);
  return block;
}

std::optional<Fields> decoded(HpackDecoder& decoder, const Block& block) {
  HeaderList list{UINT32_MAX};
  if (!decoder.decode(block, list)) return std::nullopt;
  return owned(list.fields());
}

/// What a decoder should say: an encoder may mark more fields as never indexed than it was told to.
void expect_same_fields(const std::optional<Fields>& got, const Fields& sent) {
  ASSERT_TRUE(got.has_value());
  ASSERT_EQ(got->size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ((*got)[i].name, sent[i].name);
    EXPECT_EQ((*got)[i].value, sent[i].value);
    EXPECT_TRUE((*got)[i].never_indexed || !sent[i].never_indexed);
  }
}

constexpr std::uint32_t kSeeds[] = {1, 2, 3, 4};

/// A few new limits, now and then; the same for both ends.
template <typename Encoder, typename Decoder>
void change_limits(RandomFields& random, Encoder& encoder, Decoder& decoder) {
  if (random.below(10) != 0) return;
  for (std::uint32_t changes = 1 + random.below(3); changes > 0; --changes) {
    const std::uint32_t limit = random.below(4) == 0 ? random.below(100) : random.below(10'000);
    encoder.set_max_table_bytes(limit);
    decoder.set_max_table_bytes(limit);
  }
}

TEST(HpackDifferential, Nghttp2DecodesWhatWeEncode) {
  for (const std::uint32_t seed : kSeeds) {
    RandomFields random{seed};
    HpackEncoder ours{6000};
    TheirDecoder theirs;
    for (int block = 0; block < 2000; ++block) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", block " << block);
      change_limits(random, ours, theirs);
      const Fields fields = random.section();
      expect_same_fields(theirs.decode(encoded(ours, fields)), fields);
      ASSERT_EQ(theirs.table_bytes(), ours.table().size_bytes());
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(HpackDifferential, WeDecodeWhatNghttp2Encodes) {
  for (const std::uint32_t seed : kSeeds) {
    RandomFields random{seed};
    TheirEncoder theirs;
    HpackDecoder ours;
    for (int block = 0; block < 2000; ++block) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", block " << block);
      change_limits(random, theirs, ours);
      const Fields fields = random.section();
      expect_same_fields(decoded(ours, theirs.encode(fields)), fields);
      if (testing::Test::HasFailure()) return;
    }
  }
}

/// Flips, drops, adds or cuts octets.
void damage(RandomFields& random, Block& block) {
  for (std::uint32_t left = 1 + random.below(3); left > 0 && !block.empty(); --left) {
    const auto at = block.begin() + random.below(static_cast<std::uint32_t>(block.size()));
    switch (random.below(4)) {
      case 0:
        *at ^= static_cast<std::byte>(1u << random.below(8));
        break;
      case 1:
        *at = static_cast<std::byte>(random.below(256));
        break;
      case 2:
        block.insert(at, static_cast<std::byte>(random.below(256)));
        break;
      default:
        if (random.below(2) == 0) {
          block.erase(at);
        } else {
          block.erase(at, block.end());
        }
    }
  }
}

/// Both read the same blocks until one is rejected: then by both.
TEST(HpackDifferential, DamagedBlocksAreReadOrRejectedByBoth) {
  int rejected = 0;
  int accepted = 0;
  for (std::uint32_t seed = 100; seed < 4100; ++seed) {
    RandomFields random{seed};
    HpackEncoder encoder;
    HpackDecoder ours;
    TheirDecoder theirs;
    for (int step = 0; step < 6; ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", block " << step);
      Block block = encoded(encoder, random.section());
      if (step > 0) damage(random, block);
      const auto ours_says = decoded(ours, block);
      const auto theirs_says = theirs.decode(block);
      ASSERT_EQ(ours_says, theirs_says);
      ++(ours_says ? accepted : rejected);
      if (!ours_says) break;
      ASSERT_EQ(ours.table().size_bytes(), theirs.table_bytes());
    }
  }
  EXPECT_GT(rejected, 1000);
  EXPECT_GT(accepted, 1000);
}

/// Limits that only the decoders know of: whether the encoder's silence is an error (RFC 7541 section 4.2).
TEST(HpackDifferential, MissingAndTooLargeSizeUpdatesAreRejectedByBoth) {
  int rejected = 0;
  int accepted = 0;
  for (std::uint32_t seed = 5000; seed < 7000; ++seed) {
    RandomFields random{seed};
    HpackEncoder encoder{6000};
    HpackDecoder ours;
    TheirDecoder theirs;
    for (int step = 0; step < 6; ++step) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", block " << step);
      for (std::uint32_t changes = random.below(3); changes > 0; --changes) {
        const std::uint32_t limit = 3000 + random.below(3000);
        if (random.below(3) != 0) encoder.set_max_table_bytes(limit);
        const std::uint32_t decoders_limit = limit - random.below(2) * 50;
        ours.set_max_table_bytes(decoders_limit);
        theirs.set_max_table_bytes(decoders_limit);
      }
      const Block block = encoded(encoder, random.section());
      if (block.empty()) continue;  // not a header section: every one has a pseudo-header or a trailer
      const auto ours_says = decoded(ours, block);
      ASSERT_EQ(ours_says, theirs.decode(block));
      ++(ours_says ? accepted : rejected);
      if (!ours_says) break;
      ASSERT_EQ(ours.table().size_bytes(), theirs.table_bytes());
    }
  }
  EXPECT_GT(rejected, 300);
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace parlance::http2
