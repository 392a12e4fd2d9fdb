#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http2/fixed_fields.h"

namespace parlance::detail {

struct ChannelConfig;

/// What every call of one method has on one channel: its path, and the header fields that never differ.
class ClientMethod {
 public:
  /// For one that the channel does not remember.
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

  /// `config` outlives it.
  ClientMethod(const ChannelConfig& config, std::string_view path, std::size_t index = kNoIndex);

  /// "/package.Service/Method".
  const std::string& path() const { return path_; }
  /// Those that are remembered are counted from 0.
  std::size_t index() const { return index_; }
  const http2::FixedFields& head() const { return head_; }

 private:
  const std::string path_;
  const std::size_t index_;
  const std::array<http2::HeaderField, 8> fields_;
  const http2::FixedFields head_;
};

/// The methods that were called on a channel, each made once and kept as long as the channel. From any
/// thread.
class ClientMethods {
 public:
  /// Who calls more (a proxy of made-up names) has them made anew for each call.
  static constexpr std::size_t kMostKept = 1024;

  /// Null when there are too many to keep another one.
  const ClientMethod* find(const ChannelConfig& config, std::string_view path);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string_view, std::unique_ptr<const ClientMethod>> methods_;  // guarded by mutex_
};

}  // namespace parlance::detail
