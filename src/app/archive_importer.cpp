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

std::vector<std::string> command(const fs::path& importer, const fs::path& archive,
                                 const fs::path& repository, const std::string& name) {
  std::vector<std::string> arguments{"python3", importer.string(), archive.string(),
                                     concat("--repository=", repository.string()), "--registering"};
  if (!name.empty()) arguments.push_back(concat("--name=", name));
  return arguments;
}

/// Of importer/mar_source.py.
Result<NamedVersion> read_report(const std::string& line, const Log& log) {
  const Json report = Json::parse(line, nullptr, false);
  if (!report.is_object()) return failed(StatusCode::kInternal, "the importer does not say what it made");
  NamedVersion made{.model = report.value("model", std::string{}),
                    .version = report.value("version", std::int64_t{0}),
                    .is_new = report.value("new", false)};
  for (const Json& note : report.value("notes", Json::array()))
    log.warning(note.get<std::string>(), {{"model", made.model}, {"version", std::to_string(made.version)}});
  if (made.is_new)
    log.info("archive imported", {{"model", made.model}, {"version", std::to_string(made.version)}});
  return made;
}

std::vector<TorchServeArchive> archives_in(const fs::path& repository) {
  std::vector<TorchServeArchive> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator{repository, error})
    if (entry.path().extension() == ".mar") found.push_back({.model = {}, .file = entry.path().filename()});
  std::ranges::sort(found, {}, &TorchServeArchive::file);
  return found;
}

std::string without_name(std::string line) {
  constexpr std::string_view kName = "parlance import: ";
  return line.starts_with(kName) ? line.substr(kName.size()) : line;
}

}  // namespace

dialects::torchserve::ArchiveImporter make_archive_importer(fs::path repository, const Log& log) {
  const auto one_at_a_time = std::make_shared<std::mutex>();
  return [repository = std::move(repository), &log, one_at_a_time](
             const fs::path& archive, const std::string& name,
             const std::function<bool()>& is_wanted) -> Result<NamedVersion> {
    const std::optional<fs::path> importer = find_importer();
    if (!importer) return failed(StatusCode::kInternal, "the importer is not beside this program");
    const std::scoped_lock lock{*one_at_a_time};
    const Deadline longest = Deadline::after(Clock::now(), kLongest);
    const auto goes_on = [&] { return is_wanted() && !longest.expired(Clock::now()); };
    const auto ended = models::run_program(command(*importer, archive, repository, name), goes_on);
    if (!ended) return std::unexpected{ended.error()};
    if (ended->exit_code == 0) return read_report(ended->last_line(), log);
    if (ended->exit_code == kNotImported)
      return failed(StatusCode::kInvalidArgument, without_name(ended->last_line()));
    if (!goes_on()) return failed(StatusCode::kInternal, "the import was given up: it took too long");
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
    if (!imported)
      log.error("archive not imported",
                {{"archive", archive.file}, {"reason", std::string{imported.error().message()}}});
  }
}

}  // namespace parlance::app
