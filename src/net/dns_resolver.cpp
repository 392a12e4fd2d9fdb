#include "net/dns_resolver.h"

#include <ares.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/concat.h"
#include "net/ares_channel.h"

namespace parlance::net {
namespace {

constexpr int kClassInternet = 1;  // RFC 1035 section 3.2.4
constexpr int kTypeTxt = 16;       // RFC 1035 section 3.2.2
constexpr std::array kLoopback{"[::1]:0", "127.0.0.1:0"};

std::string reason(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "no such name (NXDOMAIN)";
    case ARES_ENODATA:
      return "the name has no such records";
    case ARES_ETIMEOUT:
      return "no answer in time";
    case ARES_ECONNREFUSED:
      return "no server can be reached, or each refused to answer (REFUSED)";
    case ARES_ESERVFAIL:
      return "the server failed (SERVFAIL)";
    case ARES_EBADNAME:
      return "not a host name";
    default:
      return ares_strerror(status);
  }
}

/// One question, its channel, and what came of it. The callbacks of c-ares only leave the result here; it is
/// delivered when c-ares is no longer on the stack, since whoever takes it may destroy this.
template <typename Answer>
class Lookup final : public DnsResolver::Query, AresChannel::Observer, TimerNode {
 public:
  using Result = std::expected<Answer, std::string>;
  using OnDone = std::move_only_function<void(Result)>;

  Lookup(Loop& loop, std::string name, OnDone on_done)
      : loop_(loop), name_(std::move(name)), on_done_(std::move(on_done)), channel_(loop, *this) {}
  ~Lookup() override { loop_.disarm(*this); }

  /// `ask(channel, this)` asks c-ares, whose callback ends in finish() or fail().
  template <typename Ask>
  void start(const DnsOptions& options, std::span<const Endpoint> servers, Ask ask) {
    timeout_ = options.timeout;
    if (const int status = channel_.open(options, servers); status != ARES_SUCCESS) {
      return finish_without_asking(std::unexpected(failure(reason(status))));
    }
    if (name_.empty()) return finish_without_asking(std::unexpected(failure(reason(ARES_EBADNAME))));
    loop_.arm(*this, Deadline::after(loop_.now(), timeout_).at());
    ask(channel_.get(), this);
    channel_.wake();
  }

  void finish(Result result) { result_ = std::move(result); }
  void finish_without_asking(Result result) {
    finish(std::move(result));
    loop_.arm(*this, loop_.now());
  }
  /// Not for ARES_EDESTRUCTION: this is being destroyed then.
  void fail(int status) { finish(std::unexpected(failure(reason(status)))); }
  bool asked_servers() const { return channel_.asked_servers(); }

 private:
  void on_progress() override {
    if (result_) deliver();
  }

  void on_timer() override {
    const auto limit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count();
    if (!result_) finish(std::unexpected(failure(concat("not done after ", limit_ms, " ms"))));
    deliver();
  }

  // Once; whoever is called may destroy this.
  void deliver() {
    loop_.disarm(*this);
    if (OnDone on_done = std::exchange(on_done_, nullptr)) on_done(*std::move(result_));
  }

  std::string failure(const std::string& why) const {
    const std::string text = concat("lookup of '", name_, "' failed: ", why);
    return channel_.asked_servers() ? concat(text, "; asked ", channel_.servers()) : text;
  }

  Loop& loop_;
  const std::string name_;
  OnDone on_done_;
  std::optional<Result> result_;
  Duration timeout_{};
  AresChannel channel_;  // last, so that it goes first: it may still run callbacks
};

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view kLocalhost = "localhost";
  if (host.size() < kLocalhost.size()) return false;
  const std::string_view last = host.substr(host.size() - kLocalhost.size());
  const bool whole_label = host.size() == last.size() || host[host.size() - last.size() - 1] == '.';
  const auto same = [](char a, char lower) { return a == lower || (a | 0x20) == lower; };
  return whole_label && std::ranges::equal(last, kLocalhost, same);
}

/// What needs no server; nothing for every other host.
std::optional<DnsAnswer> known_answer(const std::string& host, std::uint16_t port) {
  DnsAnswer answer;
  if (is_localhost(host)) {
    for (const char* address : kLoopback) answer.endpoints.push_back(*Endpoint::parse(address));
  } else if (const auto v4 = Endpoint::parse(host + ":0"); v4 && !v4->is_unix()) {
    answer.endpoints.push_back(*v4);
  } else if (const auto v6 = Endpoint::parse("[" + host + "]:0")) {
    answer.endpoints.push_back(*v6);
  } else {
    return std::nullopt;
  }
  for (Endpoint& endpoint : answer.endpoints) endpoint.set_port(port);
  return answer;
}

// A TTL with its top bit set counts as 0 (RFC 2181 section 8).
Duration ttl_of(int seconds) { return std::chrono::seconds{std::max(seconds, 0)}; }

DnsAnswer answer_of(const ares_addrinfo& found, bool from_servers) {
  DnsAnswer answer;
  std::set<std::string> seen;
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    const Endpoint endpoint{node->ai_addr, node->ai_addrlen};
    if (seen.insert(endpoint.to_string()).second) answer.endpoints.push_back(endpoint);
    if (from_servers) answer.ttl = std::min(answer.ttl, ttl_of(node->ai_ttl));
  }
  for (const ares_addrinfo_cname* alias = found.cnames; from_servers && alias != nullptr; alias = alias->next)
    answer.ttl = std::min(answer.ttl, ttl_of(alias->ttl));
  return answer;
}

void on_addresses(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) {
  if (status == ARES_EDESTRUCTION) return;
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned{found, ares_freeaddrinfo};
  auto& lookup = *static_cast<Lookup<DnsAnswer>*>(argument);
  if (status == ARES_SUCCESS && found->nodes == nullptr) status = ARES_ENODATA;
  if (status != ARES_SUCCESS) return lookup.fail(status);
  lookup.finish(answer_of(*found, lookup.asked_servers()));
}

std::vector<std::string> texts_of(const ares_txt_ext* first) {
  std::vector<std::string> texts;
  for (const ares_txt_ext* chunk = first; chunk != nullptr; chunk = chunk->next) {
    if (chunk->record_start != 0 || texts.empty()) texts.emplace_back();
    texts.back().append(reinterpret_cast<const char*>(chunk->txt), chunk->length);
  }
  return texts;
}

void on_texts(void* argument, int status, int /*timeouts*/, unsigned char* message, int message_bytes) {
  if (status == ARES_EDESTRUCTION) return;
  auto& lookup = *static_cast<Lookup<std::vector<std::string>>*>(argument);
  ares_txt_ext* first = nullptr;
  if (status == ARES_SUCCESS) status = ares_parse_txt_reply_ext(message, message_bytes, &first);
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA) return lookup.finish({});
  if (status != ARES_SUCCESS) return lookup.fail(status);
  lookup.finish(texts_of(first));
  ares_free_data(first);
}

std::expected<Endpoint, std::string> parse_server(const std::string& text) {
  const std::string port = concat(":", kDnsPort);
  for (const std::string& candidate : {text, concat(text, port), concat("[", text, "]", port)}) {
    if (auto parsed = Endpoint::parse(candidate); parsed && !parsed->is_unix()) return parsed;
  }
  return std::unexpected(concat("the DNS server '", text, "' is not ADDRESS or ADDRESS:PORT"));
}

}  // namespace

std::expected<std::unique_ptr<DnsResolver>, std::string> DnsResolver::open(Loop& loop, DnsOptions options) {
  std::vector<Endpoint> servers;
  for (const std::string& text : options.servers) {
    auto server = parse_server(text);
    if (!server) return std::unexpected(std::move(server).error());
    servers.push_back(*server);
  }
  return std::unique_ptr<DnsResolver>(new DnsResolver{loop, std::move(options), std::move(servers)});
}

DnsResolver::DnsResolver(Loop& loop, DnsOptions options, std::vector<Endpoint> servers)
    : loop_(loop), options_(std::move(options)), servers_(std::move(servers)) {}

std::unique_ptr<DnsResolver::Query> DnsResolver::lookup(const std::string& host, std::uint16_t port,
                                                        OnAddresses on_done) {
  auto lookup = std::make_unique<Lookup<DnsAnswer>>(loop_, host, std::move(on_done));
  if (auto known = known_answer(host, port)) {
    lookup->finish_without_asking(*std::move(known));
    return lookup;
  }
  lookup->start(options_, servers_, [&](ares_channel channel, void* argument) {
    ares_addrinfo_hints hints{};
    hints.ai_flags = ARES_AI_NUMERICSERV;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const std::string service = std::to_string(port);
    ares_getaddrinfo(channel, host.c_str(), service.c_str(), &hints, on_addresses, argument);
  });
  return lookup;
}

std::unique_ptr<DnsResolver::Query> DnsResolver::lookup_txt(const std::string& name, OnTexts on_done) {
  auto lookup = std::make_unique<Lookup<std::vector<std::string>>>(loop_, name, std::move(on_done));
  lookup->start(options_, servers_, [&](ares_channel channel, void* argument) {
    ares_search(channel, name.c_str(), kClassInternet, kTypeTxt, on_texts, argument);
  });
  return lookup;
}

}  // namespace parlance::net
