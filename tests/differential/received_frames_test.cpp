// The same bytes into libnghttp2 and into the engine; what they report is compared.

#include "engine_session.h"
#include "script_generator.h"

namespace parlance::http2::test {
namespace {

constexpr int kServerStreams = 8;

// What a test of one role needs on both sides before the script.
template <typename Session>
std::unique_ptr<Session> session(Role role) {
  auto made = std::make_unique<Session>(role);
  for (int i = 0; role == Role::kClient && i < kServerStreams; ++i) made->request(kPost, nullptr);
  made->output();
  return made;
}

std::string joined(const Lines& parts) {
  std::string bytes;
  for (const std::string& part : parts) bytes += part;
  return bytes;
}

class ReceivedFramesOf : public testing::TestWithParam<Role> {};

Role other(Role role) { return role == Role::kClient ? Role::kServer : Role::kClient; }

TEST_P(ReceivedFramesOf, CorrectScriptsGiveTheSameEvents) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ScriptGenerator generator(seed, other(GetParam()));
    const std::string script = joined(generator.parts(60, kServerStreams));
    auto reference = session<ReferenceSession>(GetParam());
    reference->receive(script);
    std::unique_ptr<EngineSession> engine;
    with_every_cut(
        script, [&] { engine = session<EngineSession>(GetParam()); },
        [&](std::string_view piece) { engine->receive(piece); },
        [&] { EXPECT_EQ(engine->log.lines(), reference->log.lines()); });
    if (HasFailure()) return;
  }
}

// How much either would send now on a stream that is open.
TEST(ReceivedFrames, CorrectScriptsLeaveTheSameSendWindows) {
  const std::string body(1 << 20, 'b');
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ScriptGenerator generator(seed, Role::kClient);
    const std::string script = joined(generator.parts(40, 0));
    const StreamId stream = generator.open_stream();
    if (stream == 0) continue;
    ReferenceSession reference(Role::kServer);
    reference.receive(script);
    EngineSession engine(Role::kServer);
    engine.receive(script);
    engine.output();
    engine.respond(stream, &body);
    std::size_t sent_bytes = 0;
    FrameReader reader(kMaxMaxFrameBytes);
    const std::string output = engine.output();
    Bytes input = as_bytes(output);
    for (auto item = reader.next(input); item && *item; item = reader.next(input)) {
      if ((*item)->kind == FrameItem::Kind::kData && (*item)->first) sent_bytes += (*item)->header.length;
    }
    const std::int32_t allowed = std::min(reference.send_window(stream), reference.connection_send_window());
    EXPECT_EQ(sent_bytes, static_cast<std::size_t>(std::max(allowed, 0)));
  }
}

bool is_prefix(const Lines& shorter, const Lines& longer) {
  // The last event may be data that one of them saw less of.
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    if (i >= longer.size()) return false;
    const bool last = i + 1 == shorter.size();
    if (shorter[i] != longer[i] && !(last && longer[i].starts_with(shorter[i]))) return false;
  }
  return true;
}

// What was reported before either gave up, apart from how it gave up.
Lines without_ends(const std::map<StreamId, Lines>& lines, StreamId stream) {
  const auto found = lines.find(stream);
  Lines events = found == lines.end() ? Lines{} : found->second;
  std::erase_if(events, [](const std::string& line) { return line.starts_with("closed"); });
  return events;
}

bool says_goaway(std::string_view output) {
  return std::ranges::any_of(FrameLog().read(output),
                             [](const std::string& line) { return line.starts_with("GOAWAY"); });
}

std::string mutated(const Lines& parts, std::mt19937& random) {
  Lines changed = parts;
  const std::size_t first = 2;  // preface and SETTINGS stay
  for (int i = 0; i < 2; ++i) {
    const std::size_t at = first + random() % (changed.size() - first);
    std::string& part = changed[at];
    switch (random() % 5) {
      case 0:
        part[random() % part.size()] = static_cast<char>(random());
        break;
      case 1: {
        char& octet = part[random() % std::min<std::size_t>(part.size(), kFrameHeaderBytes)];
        octet = static_cast<char>(static_cast<unsigned char>(octet) ^ (1U << random() % 8));
        break;
      }
      case 2:
        std::swap(part, changed[first + random() % (changed.size() - first)]);
        break;
      case 3:
        part += std::string(part);
        break;
      default:
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
        break;
    }
  }
  return joined(changed);
}

// The two differ in which errors cost a stream and which the connection, and in a few rules they check. What
// they agree to report must nevertheless be the same: of each stream, one saw the beginning of what the other
// saw.
TEST_P(ReceivedFramesOf, BrokenScriptsAreNeverReadDifferently) {
  int both_died = 0;
  int both_lived = 0;
  int differed = 0;
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    ScriptGenerator generator(seed, other(GetParam()));
    const std::string script = mutated(generator.parts(25, kServerStreams), random);
    auto reference = session<ReferenceSession>(GetParam());
    reference->receive(script);
    auto engine = session<EngineSession>(GetParam());
    engine->receive(script);
    const bool engine_died = engine->connection().error().has_value();
    const bool reference_died = says_goaway(reference->output());
    ++(engine_died == reference_died ? (engine_died ? both_died : both_lived) : differed);
    std::map<StreamId, Lines> all = engine->log.lines();
    for (const auto& [stream, lines] : reference->log.lines()) all.try_emplace(stream);
    for (const auto& [stream, lines] : all) {
      const Lines ours = without_ends(engine->log.lines(), stream);
      const Lines theirs = without_ends(reference->log.lines(), stream);
      EXPECT_TRUE(is_prefix(ours, theirs) || is_prefix(theirs, ours))
          << "stream " << stream << "\nours:   " << testing::PrintToString(ours)
          << "\ntheirs: " << testing::PrintToString(theirs);
    }
    if (HasFailure()) return;
  }
  // The seeds do what they are for: much is broken, much survives, and the two seldom disagree on which.
  EXPECT_GT(both_died, 1500);
  EXPECT_GT(both_lived, 1000);
  EXPECT_LT(differed, 500);
}

INSTANTIATE_TEST_SUITE_P(Roles, ReceivedFramesOf, testing::Values(Role::kClient, Role::kServer),
                         [](const auto& role) { return role.param == Role::kClient ? "Client" : "Server"; });

}  // namespace
}  // namespace parlance::http2::test
