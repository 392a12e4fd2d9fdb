#include "app/model_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace parlance::app {
namespace {

std::string join_specs(const std::vector<models::TensorSpec>& specs) {
  std::vector<std::string> texts;
  for (const models::TensorSpec& spec : specs) texts.push_back(models::to_string(spec));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string load_ms(const models::VersionStatus& status) {
  if (status.load_time == Duration::zero()) return "-";
  return fmt::format("{:.0f}", std::chrono::duration<double, std::milli>(status.load_time).count());
}

struct Column {
  std::string_view title;
  std::string ModelRow::* cell;
  bool to_the_right = false;
};

constexpr std::array kColumns{
    Column{"MODEL", &ModelRow::model},           Column{"VERSION", &ModelRow::version, true},
    Column{"BACKEND", &ModelRow::backend},       Column{"INPUTS", &ModelRow::inputs},
    Column{"OUTPUTS", &ModelRow::outputs},       Column{"STATE", &ModelRow::state},
    Column{"LOAD MS", &ModelRow::load_ms, true},
};

std::string padded(std::string_view text, std::size_t width, bool to_the_right) {
  return to_the_right ? fmt::format("{:>{}}", text, width) : fmt::format("{:<{}}", text, width);
}

template <typename CellOf>
std::string line_of(const std::vector<std::size_t>& widths, CellOf cell_of) {
  std::string line;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    line += (i == 0 ? "" : "  ") + padded(cell_of(kColumns[i]), widths[i], kColumns[i].to_the_right);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::vector<ModelRow> model_rows(const models::Repository& repository) {
  std::vector<ModelRow> rows;
  for (const models::VersionStatus& status : repository.versions()) {
    ModelRow row{.model = status.model,
                 .version = status.version == 0 ? "-" : std::to_string(status.version),
                 .backend = "-",
                 .inputs = "-",
                 .outputs = "-",
                 .state = std::string{models::to_string(status.state)},
                 .load_ms = load_ms(status),
                 .reason = status.reason};
    const auto handle = repository.find(status.model, status.version);
    if (handle && handle->version() == status.version) {
      row.backend = handle->backend();
      row.inputs = join_specs(handle->signature().inputs);
      row.outputs = join_specs(handle->signature().outputs);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string model_table(const std::vector<ModelRow>& rows) {
  std::vector<std::size_t> widths;
  for (const Column& column : kColumns) {
    std::size_t width = column.title.size();
    for (const ModelRow& row : rows) width = std::max(width, (row.*column.cell).size());
    widths.push_back(width);
  }
  std::string table = line_of(widths, [](const Column& column) { return column.title; });
  for (const ModelRow& row : rows) {
    table += line_of(widths, [&row](const Column& column) -> std::string_view { return row.*column.cell; });
    if (!row.reason.empty()) table += fmt::format("  {}\n", row.reason);
  }
  return table;
}

void log_models(const std::vector<ModelRow>& rows, const Log& log) {
  for (const ModelRow& row : rows) {
    LogFields fields;
    fields.emplace_back("model", row.model);
    fields.emplace_back("version", row.version);
    fields.emplace_back("backend", row.backend);
    fields.emplace_back("inputs", row.inputs);
    fields.emplace_back("outputs", row.outputs);
    fields.emplace_back("state", row.state);
    fields.emplace_back("load_ms", row.load_ms);
    if (!row.reason.empty()) fields.emplace_back("reason", row.reason);
    log.write(row.reason.empty() ? LogLevel::kInfo : LogLevel::kError, "model", fields);
  }
}

}  // namespace parlance::app
