#include "dialects/openai/service.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/concat.h"
#include "base/version.h"
#include "dialects/openai/chat_prompt.h"
#include "dialects/openai/completion_run.h"
#include "dialects/openai/embeddings_answer.h"
#include "dialects/openai/error_body.h"
#include "dialects/openai/requests.h"
#include "dialects/version_states.h"
#include "grpc/error_details.h"
#include "text/embedding.h"

namespace parlance::dialects::openai {
namespace {

using edge::HttpCall;
using edge::HttpResponse;
using nlohmann::ordered_json;

constexpr const char* kJson = "application/json";

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

HttpResponse as_json(std::string body) { return {.content_type = kJson, .body = std::move(body)}; }

ordered_json model_object(std::string_view name, std::int64_t created) {
  return {{"id", name}, {"object", "model"}, {"created", created}, {"owned_by", "parlance"}};
}

Status too_long(std::size_t input) {
  return grpc::make_error(StatusCode::kInvalidArgument, "PROMPT_TOO_LONG",
                          concat("input[", input,
                                 "] is longer than the model takes; \"truncate_prompt_tokens\": -1 "
                                 "cuts such texts"),
                          {{"hop", "server"}});
}

Status in_input(std::size_t index, std::size_t of, const Status& status) {
  if (of == 1) return status;
  const auto details = status.details();
  return {status.code(), concat("input[", index, "]: ", status.message()), {details.begin(), details.end()}};
}

// For echoes; tokens that are no text are left out.
std::vector<std::string> texts_of(const std::vector<Prompt>& prompts, const models::Tokenizer* tokenizer) {
  std::vector<std::string> texts;
  for (const Prompt& prompt : prompts) {
    std::string& text = texts.emplace_back();
    if (const auto* given = std::get_if<std::string>(&prompt)) {
      text = *given;
    } else if (tokenizer != nullptr) {
      for (const generation::Token token : std::get<1>(prompt)) text += tokenizer->token_bytes(token);
    }
  }
  return texts;
}

// Why these are not what was asked for.
Status problem_of(const EmbeddingsRequest& request, const std::vector<text::Embedding>& embeddings) {
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    if (embeddings[i].truncated && !request.truncate) return too_long(i);
    const std::size_t size = embeddings[i].values.size();
    if (request.dimensions.value_or(size) == size) continue;
    return unsupported_field("dimensions", concat("the model's embeddings have ", size, " dimensions"));
  }
  return {};
}

}  // namespace

OpenAiService::OpenAiService(const models::Repository& repository, scheduling::Scheduler& scheduler,
                             RequestLimits limits)
    : repository_(repository), scheduler_(scheduler), limits_(limits), created_(seconds_since_1970()) {}

Task<Result<HttpResponse>> OpenAiService::list_models(HttpCall&) const {
  std::set<std::string> names;
  for (const models::VersionStatus& version : repository_.versions()) {
    const auto model = repository_.find(version.model);
    if (model && model->tokenizer() != nullptr) names.insert(version.model);
  }
  ordered_json data = ordered_json::array();
  for (const std::string& name : names) data.push_back(model_object(name, created_));
  const ordered_json body{{"object", "list"}, {"data", std::move(data)}};
  co_return as_json(body.dump());
}

Task<Result<HttpResponse>> OpenAiService::model(HttpCall& call) const {
  const std::string_view name = call.parameter("id");
  const std::vector<models::VersionStatus> versions = versions_of(repository_, name);
  const Result<models::ModelHandle> found = repository_.find(name);
  if (versions.empty() && !found) co_return found.error();
  ordered_json body = model_object(name, created_);
  body["model_version_status"] = version_states(versions);
  co_return as_json(body.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

Task<Result<HttpResponse>> OpenAiService::completions(HttpCall& call) const {
  Result<CompletionRequest> request = parse_completion(call.request().body, limits_);
  if (!request) co_return request.error();
  const Result<models::ModelHandle> model = repository_.find(request->fields.model);
  if (!model) co_return model.error();
  Asked asked{.kind = AnswerKind::kText,
              .fields = std::move(request->fields),
              .prompts = std::move(request->prompts)};
  if (request->echo) asked.echoes = texts_of(asked.prompts, model->tokenizer());
  CompletionRun run{call, std::move(asked)};
  Task<Result<HttpResponse>> running = run.run(repository_);
  co_return co_await std::move(running);
}

Task<Result<HttpResponse>> OpenAiService::chat(HttpCall& call) const {
  Result<ChatRequest> request = parse_chat(call.request().body, limits_);
  if (!request) co_return request.error();
  const Result<models::ModelHandle> model = repository_.find(request->fields.model);
  if (!model) co_return model.error();
  Task<Result<std::string>> rendering = chat_prompt(*model, *request);
  Result<std::string> prompt = co_await std::move(rendering);
  if (!prompt) co_return prompt.error();
  Asked asked{.kind = AnswerKind::kChat,
              .fields = std::move(request->fields),
              .prompts = {*std::move(prompt)},
              .special_tokens = text::SpecialTokens::kTaken};
  CompletionRun run{call, std::move(asked)};
  Task<Result<HttpResponse>> running = run.run(repository_);
  co_return co_await std::move(running);
}

Task<Result<HttpResponse>> OpenAiService::embeddings(HttpCall& call) const {
  Result<EmbeddingsRequest> request = parse_embeddings(call.request().body, limits_);
  if (!request) co_return request.error();
  std::vector<text::EmbedRequest> wanted;
  for (Prompt& input : request->inputs) {
    Result<models::ModelHandle> model = repository_.find(request->model);
    if (!model) co_return model.error();
    wanted.push_back({.model = *std::move(model), .text = std::move(input), .normalize = true});
  }
  Task<text::Embeddings> running = text::embed_all(call, scheduler_, std::move(wanted));
  text::Embeddings made = co_await std::move(running);
  if (!made.status.ok()) co_return in_input(made.failed, request->inputs.size(), made.status);
  if (Status problem = problem_of(*request, made.all); !problem.ok()) co_return problem;
  co_return as_json(embeddings_body(request->model, made.all, request->as_base64));
}

void add_routes(std::shared_ptr<const OpenAiService> service, edge::HttpRoutes& routes) {
  using Handler = Task<Result<HttpResponse>> (OpenAiService::*)(HttpCall&) const;
  const auto add = [&](const char* method, const char* path, Handler handler) {
    routes.add(method, path, [service, handler](HttpCall& call) { return ((*service).*handler)(call); });
  };
  add("GET", "/v1/models", &OpenAiService::list_models);
  add("GET", "/v1/models/{id}", &OpenAiService::model);
  add("POST", "/v1/completions", &OpenAiService::completions);
  add("POST", "/v1/chat/completions", &OpenAiService::chat);
  add("POST", "/v1/embeddings", &OpenAiService::embeddings);
  routes.write_errors("/v1/", error_response);
}

}  // namespace parlance::dialects::openai
