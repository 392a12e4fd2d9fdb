#include "http2/header_validator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace parlance::http2 {
namespace {

constexpr std::array<bool, 256> kNameOctets = [] {
  std::array<bool, 256> legal{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"}) {
    legal[static_cast<unsigned char>(c)] = true;
  }
  return legal;
}();

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 0x20 && c != '\t') || octet == 0x7f;
}

// Eight octets at once: whether one of them may be a control character. May say yes for HTAB.
bool may_hold_control(std::uint64_t octets) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  const std::uint64_t below_space = (octets - kOnes * 0x20) & ~octets & kHighs;
  const std::uint64_t not_delete = octets ^ (kOnes * 0x7f);
  const std::uint64_t is_delete = (not_delete - kOnes) & ~not_delete & kHighs;
  return (below_space | is_delete) != 0;
}

bool any_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool has_control(std::string_view text) {
  constexpr std::size_t kStep = sizeof(std::uint64_t);
  if (text.size() < kStep) return any_control(text);
  // The last step goes back to end where the text ends.
  for (std::size_t at = 0;; at = std::min(at + kStep, text.size() - kStep)) {
    std::uint64_t octets;
    std::memcpy(&octets, text.data() + at, kStep);
    if (may_hold_control(octets) && any_control(text.substr(at, kStep))) return true;
    if (at + kStep == text.size()) return false;
  }
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

bool is_pseudo(HeaderToken token) {
  return token >= HeaderToken::kAuthority && token <= HeaderToken::kOtherPseudo;
}
bool is_connection_specific(HeaderToken token) {
  return token >= HeaderToken::kConnection && token <= HeaderToken::kUpgrade;
}

constexpr std::uint32_t bit(HeaderToken token) { return 1U << static_cast<unsigned>(token); }

using Verdict = std::expected<void, std::string_view>;

// Walks over a section once and gathers what the three kinds of sections have in common.
class SectionWalk {
 public:
  SectionWalk(std::uint32_t allowed_pseudo, LegalFields& legal)
      : allowed_pseudo_(allowed_pseudo), legal_(legal) {}

  Verdict field(const HeaderField& field) {
    if (!legal_.knows(field)) {
      if (auto ok = octets(field); !ok) return ok;
      legal_.learn(field);
    }
    return is_pseudo(field.token) ? pseudo(field) : regular(field);
  }

  bool has(HeaderToken token) const { return (seen_ & bit(token)) != 0; }
  std::string_view value(HeaderToken token) const { return values_[static_cast<std::size_t>(token)]; }
  bool has_host() const { return has_host_; }
  SectionFacts& facts() { return facts_; }

 private:
  // Any name with a token of its own is legal.
  static Verdict octets(const HeaderField& field) {
    if (!is_legal_value(field.value)) return std::unexpected("illegal field value (RFC 9113 section 8.2.1)");
    if (field.token == HeaderToken::kOther && !is_legal_name(field.name)) {
      return std::unexpected("illegal field name (RFC 9113 section 8.2.1)");
    }
    return {};
  }

  Verdict pseudo(const HeaderField& field) {
    if (regular_seen_) {
      return std::unexpected("pseudo-header after a regular field (RFC 9113 section 8.3)");
    }
    if ((allowed_pseudo_ & bit(field.token)) == 0) {
      return std::unexpected("pseudo-header that does not belong here (RFC 9113 section 8.3)");
    }
    if (has(field.token)) return std::unexpected("pseudo-header twice (RFC 9113 section 8.3)");
    seen_ |= bit(field.token);
    values_[static_cast<std::size_t>(field.token)] = field.value;
    return {};
  }

  Verdict regular(const HeaderField& field) {
    regular_seen_ = true;
    if (field.token == HeaderToken::kOther) {
      if (field.name == "host") has_host_ = true;
      return {};
    }
    if (is_connection_specific(field.token)) {
      return std::unexpected("connection-specific field (RFC 9113 section 8.2.2)");
    }
    if (field.token == HeaderToken::kTe && !equals_ignoring_case(field.value, "trailers")) {
      return std::unexpected("te other than trailers (RFC 9113 section 8.2.2)");
    }
    if (field.token == HeaderToken::kContentLength) return content_length(field.value);
    return {};
  }

  Verdict content_length(std::string_view value) {
    std::uint64_t length = 0;
    const char* begin = value.begin();
    const char* end = value.end();
    const auto [at, error] = std::from_chars(begin, end, length);
    const bool twice = facts_.content_length != SectionFacts::kNoLength;
    if (error != std::errc{} || at != end || length == SectionFacts::kNoLength ||
        (twice && length != facts_.content_length)) {
      return std::unexpected("content-length (RFC 9110 section 8.6)");
    }
    facts_.content_length = length;
    return {};
  }

  std::uint32_t allowed_pseudo_;
  LegalFields& legal_;
  std::uint32_t seen_ = 0;
  bool regular_seen_ = false;
  bool has_host_ = false;
  std::array<std::string_view, static_cast<std::size_t>(HeaderToken::kOtherPseudo)> values_{};
  SectionFacts facts_;
};

Verdict walk(SectionWalk& section, HeaderFields fields) {
  for (const HeaderField& field : fields) {
    if (auto ok = section.field(field); !ok) return ok;
  }
  return {};
}

bool is_path(std::string_view path, std::string_view method) {
  return path.starts_with('/') || (path == "*" && method == "OPTIONS");
}

// Section 8.5: CONNECT has an authority and nothing else.
Verdict check_connect(const SectionWalk& section) {
  if (section.value(HeaderToken::kAuthority).empty() || section.has(HeaderToken::kScheme) ||
      section.has(HeaderToken::kPath)) {
    return std::unexpected("pseudo-headers of CONNECT (RFC 9113 section 8.5)");
  }
  return {};
}

Verdict check_target(const SectionWalk& section) {
  const std::string_view method = section.value(HeaderToken::kMethod);
  if (method.empty()) return std::unexpected(":method is missing (RFC 9113 section 8.3.1)");
  if (method == "CONNECT") return check_connect(section);
  const std::string_view scheme = section.value(HeaderToken::kScheme);
  if (scheme.empty()) return std::unexpected(":scheme is missing (RFC 9113 section 8.3.1)");
  const std::string_view path = section.value(HeaderToken::kPath);
  if (path.empty()) return std::unexpected(":path is missing (RFC 9113 section 8.3.1)");
  if (scheme != "http" && scheme != "https") return {};
  if (!is_path(path, method)) return std::unexpected(":path is not absolute (RFC 9113 section 8.3.1)");
  if (section.value(HeaderToken::kAuthority).empty() && !section.has_host()) {
    return std::unexpected("no :authority and no host (RFC 9110 section 7.2)");
  }
  return {};
}

std::uint16_t status_of(std::string_view text) {
  std::uint16_t status = 0;
  if (text.size() != 3) return 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    status = static_cast<std::uint16_t>(status * 10 + (c - '0'));
  }
  return status;
}

}  // namespace

bool is_legal_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!kNameOctets[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

bool is_legal_value(std::string_view value) {
  if (value.empty()) return true;
  return !is_space(value.front()) && !is_space(value.back()) && !has_control(value);
}

SectionCheck check_request(HeaderFields fields, LegalFields& legal) {
  SectionWalk section{bit(HeaderToken::kAuthority) | bit(HeaderToken::kMethod) | bit(HeaderToken::kPath) |
                          bit(HeaderToken::kScheme),
                      legal};
  if (auto ok = walk(section, fields); !ok) return std::unexpected(ok.error());
  if (auto ok = check_target(section); !ok) return std::unexpected(ok.error());
  return section.facts();
}

SectionCheck check_response(HeaderFields fields, LegalFields& legal) {
  SectionWalk section{bit(HeaderToken::kStatus), legal};
  if (auto ok = walk(section, fields); !ok) return std::unexpected(ok.error());
  const std::uint16_t status = status_of(section.value(HeaderToken::kStatus));
  if (status < 100) return std::unexpected(":status is missing or no number (RFC 9113 section 8.3.2)");
  if (status == 101) return std::unexpected("status 101 (RFC 9113 section 8.6)");
  section.facts().status = status;
  return section.facts();
}

SectionCheck check_trailers(HeaderFields fields, LegalFields& legal) {
  SectionWalk section{0, legal};
  if (auto ok = walk(section, fields); !ok) return std::unexpected(ok.error());
  return section.facts();
}

}  // namespace parlance::http2
