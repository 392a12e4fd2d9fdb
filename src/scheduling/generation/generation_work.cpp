#include "scheduling/generation/generation_work.h"

namespace parlance::scheduling {

GenerationLimits limits_of(const models::LoadedVersion& loaded) {
  const models::GenerationConfig config = loaded.config.generation.value_or(models::GenerationConfig{});
  GenerationLimits limits;
  limits.planner.max_running = config.max_running;
  limits.planner.max_waiting = config.max_waiting;
  limits.planner.prefill_tokens = config.step_tokens;
  if (const std::size_t context = config.context > 0 ? config.context : loaded.model->context_tokens())
    limits.planner.max_sequence_tokens = context;
  limits.prefix_cache = config.prefix_cache;
  limits.window_steps = config.window;
  limits.slow_reader = config.slow_reader;
  return limits;
}

GenerationWork::GenerationWork(const std::string& model, std::int64_t version,
                               const models::LoadedVersion& loaded, GenerationTable& table,
                               net::ThreadPool& workers)
    : model_(model),
      version_(version),
      table_(table),
      workers_(workers),
      loop_(std::make_shared<GenerationLoop>(model, *loaded.model->decoder(), limits_of(loaded))),
      grammars_(model, *loaded.model->tokenizer()) {
  table_.add(model_, version_, loop_);
}

/// The engine goes after this: nobody may run it any more, whoever still looks at the loop's figures.
GenerationWork::~GenerationWork() {
  loop_->stop();
  table_.retire(model_, version_, *loop_);
}

}  // namespace parlance::scheduling
