#include "app/archive_importer.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/import_command.h"
#include "base/concat.h"
#include "base/deadline.h"
#include "models/program_run.h"

namespace parlance::app {
namespace {

namespace fs = std::filesystem;
using dialects::torchserve::NamedVersion;
using Json = nlohmann::json;

constexpr std::chrono::minutes kLongest{5};
constexpr int kNotImported = 65;  // importer/__main__.py has it, too

std::unexpected<Status> failed(StatusCode code, std::string why) {
  return std::unexpected{Status{code, std::move(why)}};
}

std::unexpected<Status> given_up() {
  return failed(StatusCode::kCancelled, "the import was given up: nobody waits for it any more");
}

std::vector<std::string> command(const fs::path& importer, const fs::path& archive,
                                 const fs::path& repository, const std::string& name) {
  std::vector<std::string> arguments{"python3", importer.string(), archive.string(),
                                     concat("--repository=", repository.string()), "--registering"};
  if (!name.empty()) arguments.push_back(concat("--name=", name));
  return arguments;
}

/// Of importer/mar_source.py.
Result<NamedVersion> read_report(const std::string& line, const Log& log) try {
  const Json report = Json::parse(line);
  NamedVersion made{.model = report.at("model"), .version = report.at("version"), .is_new = report.at("new")};
  for (const Json& note : report.at("notes"))
    log.warning(note.get<std::string>(), {{"model", made.model}, {"version", std::to_string(made.version)}});
  if (made.is_new)
    log.info("archive imported", {{"model", made.model}, {"version", std::to_string(made.version)}});
  return made;
} catch (const Json::exception&) {
  return failed(StatusCode::kInternal, "the importer does not say what it made");
}

std::vector<TorchServeArchive> archives_in(const fs::path& repository) {
  std::vector<TorchServeArchive> found;
  std::error_code error;
  for (fs::directory_iterator entries{repository, error}; !error && entries != fs::directory_iterator{};
       entries.increment(error)) {
    const fs::path& file = entries->path();
    if (file.extension() == ".mar") found.push_back({.model = {}, .file = file.filename()});
  }
  std::ranges::sort(found, {}, &TorchServeArchive::file);
  return found;
}

std::string without_name(std::string line) {
  constexpr std::string_view kName = "parlance import: ";
  return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

}  // namespace

dialects::torchserve::ArchiveImporter make_archive_importer(fs::path repository, const Log& log) {
  const auto one_at_a_time = std::make_shared<std::timed_mutex>();
  return [repository = std::move(repository), &log, one_at_a_time](
             const fs::path& archive, const std::string& name,
             const std::function<bool()>& is_wanted) -> Result<NamedVersion> {
    const std::optional<fs::path> importer = find_importer();
    if (!importer) return failed(StatusCode::kInternal, "the importer is not beside this program");
    std::unique_lock lock{*one_at_a_time, std::defer_lock};
    do {
      if (!is_wanted()) return given_up();
    } while (!lock.try_lock_for(std::chrono::milliseconds{100}));
    const Deadline longest = Deadline::after(Clock::now(), kLongest);
    const auto goes_on = [&] { return is_wanted() && !longest.expired(Clock::now()); };
    const auto ended = models::run_program(command(*importer, archive, repository, name), goes_on);
    if (!ended) return std::unexpected{ended.error()};
    if (ended->exit_code == 0) return read_report(ended->last_line(), log);
    if (ended->exit_code == kNotImported)
      return failed(StatusCode::kInvalidArgument, without_name(ended->last_line()));
    if (!is_wanted()) return given_up();
    if (longest.expired(Clock::now()))
      return failed(StatusCode::kInternal, "the import was given up: it took too long");
    return failed(StatusCode::kInternal, concat("the import failed: ", ended->last_line()));
  };
}

void import_first(const ServeConfig& config, const fs::path& repository,
                  const dialects::torchserve::ArchiveImporter& import_archive,
                  const std::function<bool()>& is_wanted, const Log& log) {
  for (const TorchServeArchive& archive :
       config.torchserve_all_archives ? archives_in(repository) : config.torchserve_archives) {
    const fs::path file = repository / archive.file;
    std::error_code error;
    if (!is_wanted() || !fs::is_regular_file(file, error)) continue;
    const auto imported = import_archive(file, archive.model, is_wanted);
    if (!imported && is_wanted())
      log.error("archive not imported",
                {{"archive", archive.file}, {"reason", std::string{imported.error().message()}}});
  }
}

}  // namespace parlance::app
