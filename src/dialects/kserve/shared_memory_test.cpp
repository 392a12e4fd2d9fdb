#include "dialects/kserve/shared_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <numeric>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grpc/error_details.h"

namespace parlance::dialects::kserve {
namespace {

constexpr std::uint64_t kObjectBytes = 16'384;
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

/// A shared memory object of this test, as a client makes one.
class Object {
 public:
  Object() : descriptor_(shm_open(key().c_str(), O_RDWR | O_CREAT | O_EXCL, 0600)) {
    EXPECT_GE(descriptor_, 0);
    resize(kObjectBytes);
    bytes_ = static_cast<std::uint8_t*>(
        mmap(nullptr, kObjectBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0));
    for (std::uint64_t i = 0; i < kObjectBytes; ++i) bytes_[i] = static_cast<std::uint8_t>(i / 7);
  }
  ~Object() {
    munmap(bytes_, kObjectBytes);
    close(descriptor_);
    shm_unlink(key().c_str());
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  static std::string key() { return "/parlance_test_" + std::to_string(getpid()); }
  void resize(std::uint64_t size) const { EXPECT_EQ(ftruncate(descriptor_, static_cast<off_t>(size)), 0); }
  std::uint8_t at(std::uint64_t place) const { return bytes_[place]; }

 private:
  const int descriptor_;
  std::uint8_t* bytes_ = nullptr;
};

class SharedMemoryRegions : public ::testing::Test {
 protected:
  Status add(std::string name, std::uint64_t offset, std::uint64_t size, std::string key = Object::key()) {
    return memory_.add(
        {.name = std::move(name), .key = std::move(key), .offset_bytes = offset, .size_bytes = size});
  }

  Object object_;
  SharedMemory memory_{SharedMemory::Callers::kLocal};
};

TEST_F(SharedMemoryRegions, ArePartsOfTheObjectWhereverTheyBegin) {
  ASSERT_TRUE(add("a", 5000, 100).ok());
  const auto piece = memory_.find("a", 10, 90);
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->bytes.size(), 90U);
  EXPECT_EQ(static_cast<std::uint8_t>(piece->bytes[0]), object_.at(5010));
  piece->bytes[89] = std::byte{0xAB};
  EXPECT_EQ(object_.at(5099), 0xAB);
}

TEST_F(SharedMemoryRegions, LieWithinTheObject) {
  EXPECT_TRUE(add("all", 0, kObjectBytes).ok());
  EXPECT_TRUE(add("last", kObjectBytes - 1, 1).ok());
  for (const auto& [offset, size] : {std::pair{std::uint64_t{0}, kObjectBytes + 1},
                                     {kObjectBytes, std::uint64_t{1}},
                                     {kHuge, std::uint64_t{1}},
                                     {std::uint64_t{1}, kHuge},
                                     {kHuge - 4095, std::uint64_t{4096}},
                                     {std::uint64_t{0}, std::uint64_t{0}}}) {
    const Status status = add("b", offset, size);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << offset << ' ' << size;
    EXPECT_EQ(status.message(), "failed to register shared memory region 'b': invalid args");
  }
}

TEST_F(SharedMemoryRegions, PiecesLieWithinTheRegion) {
  ASSERT_TRUE(add("a", 100, 50).ok());
  EXPECT_TRUE(memory_.find("a", 0, 50));
  EXPECT_TRUE(memory_.find("a", 49, 1));
  EXPECT_EQ(memory_.find("a", 50, 0).error().message(), "Invalid offset for shared memory region: 'a'");
  EXPECT_EQ(memory_.find("a", kHuge, 2).error().message(), "Invalid offset for shared memory region: 'a'");
  for (const auto& [offset, size] : {std::pair{std::uint64_t{0}, std::uint64_t{51}},
                                     {std::uint64_t{49}, std::uint64_t{2}},
                                     {std::uint64_t{1}, kHuge}}) {
    const auto piece = memory_.find("a", offset, size);
    ASSERT_FALSE(piece);
    EXPECT_EQ(piece.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(piece.error().message(), "Invalid offset + byte size for shared memory region: 'a'");
  }
}

TEST_F(SharedMemoryRegions, KeysAreNamesAndNotPaths) {
  for (const std::string_view key : {"", "/", "a/b", "/../etc/passwd", "//a", "..", "/."}) {
    const Status status = add("a", 0, 1, std::string{key});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << key;
  }
  EXPECT_EQ(add("a", 0, 1, std::string("x\0y", 3)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(add("a", 0, 1, std::string(300, 'k')).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(add("a", 0, 1, Object::key().substr(1)).ok()) << "the slash may be left out";
  const Status gone = add("b", 0, 1, "/parlance_test_gone");
  EXPECT_EQ(gone.code(), StatusCode::kInternal);
  EXPECT_EQ(gone.message(), "Unable to open shared memory region: '/parlance_test_gone'");
}

TEST_F(SharedMemoryRegions, HaveEachANameOfTheirOwnAndAreListedByIt) {
  ASSERT_TRUE(add("b", 7, 9).ok());
  ASSERT_TRUE(add("a", 0, 10).ok());
  const Status again = add("a", 0, 10);
  EXPECT_EQ(again.code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(again.message(), "shared memory region 'a' already in manager");
  const auto all = memory_.list("");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->at(1).name, "b");
  EXPECT_EQ(all->at(1).offset_bytes, 7U);
  EXPECT_EQ(all->at(1).size_bytes, 9U);
  EXPECT_EQ(memory_.list("a")->size(), 1U);
  EXPECT_EQ(memory_.list("c").error().message(), "Unable to find system shared memory region: 'c'");
}

TEST_F(SharedMemoryRegions, StayMappedWhileTheyAreUsed) {
  ASSERT_TRUE(add("a", 0, 10).ok());
  const auto piece = memory_.find("a", 0, 10);
  ASSERT_TRUE(piece);
  memory_.remove("a");
  memory_.remove("never there");
  EXPECT_EQ(memory_.find("a", 0, 1).error().message(), "Unable to find shared memory region: 'a'");
  EXPECT_EQ(static_cast<std::uint8_t>(piece->bytes[9]), object_.at(9));
  ASSERT_TRUE(add("a", 20, 10).ok()) << "the name is free at once";
  memory_.remove_all();
  EXPECT_TRUE(memory_.list("")->empty());
}

TEST_F(SharedMemoryRegions, AreSoMany) {
  for (std::size_t i = 0; i < SharedMemory::kMostRegions; ++i)
    ASSERT_TRUE(add("r" + std::to_string(i), 0, 1).ok()) << i;
  EXPECT_EQ(add("more", 0, 1).code(), StatusCode::kResourceExhausted);
  memory_.remove("r0");
  EXPECT_TRUE(add("more", 0, 1).ok());
}

TEST_F(SharedMemoryRegions, WhatAClientCutsOffIsZerosAndNoCrash) {
  ASSERT_TRUE(add("a", 0, kObjectBytes).ok());
  const auto piece = memory_.find("a", 0, kObjectBytes);
  ASSERT_TRUE(piece);
  object_.resize(4096);
  std::array<std::byte, 4> read{};
  std::memcpy(read.data(), &piece->bytes[8192], read.size());
  EXPECT_THAT(read, ::testing::Each(std::byte{0}));
  std::memset(&piece->bytes[12'288], 1, 4096);
  EXPECT_EQ(static_cast<std::uint8_t>(piece->bytes[4095]), object_.at(4095)) << "what is there stays shared";
}

TEST(SharedMemoryCallers, AreThoseOfThisMachineUnlessToldOtherwise) {
  const SharedMemory nobody{SharedMemory::Callers::kNobody};
  const SharedMemory local{SharedMemory::Callers::kLocal};
  const SharedMemory anyone{SharedMemory::Callers::kAnyone};
  for (const std::string_view peer : {"ipv4:127.0.0.1:4000", "ipv4:127.9.9.9:1", "ipv6:[::1]:4000",
                                      "unix:/run/p", "unix:", "ipv6:[::ffff:127.0.0.1]:5"}) {
    EXPECT_TRUE(local.check(peer).ok()) << peer;
    EXPECT_TRUE(anyone.check(peer).ok());
    EXPECT_EQ(nobody.check(peer).code(), StatusCode::kUnimplemented);
  }
  for (const std::string_view peer :
       {"ipv4:10.0.0.1:4000", "ipv6:[2001:db8::1]:4000", "", "ipv4:12.7.0.1:1"}) {
    EXPECT_EQ(local.check(peer).code(), StatusCode::kUnimplemented) << peer;
    EXPECT_EQ(grpc::error_info(local.check(peer))->get("knob"), "--shared-memory");
    EXPECT_TRUE(anyone.check(peer).ok());
  }
}

}  // namespace
}  // namespace parlance::dialects::kserve
