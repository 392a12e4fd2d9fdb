#include "edge/http_routes.h"

#include <gtest/gtest.h>

#include "edge/http_call.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

Task<Result<HttpResponse>> later(HttpCall&) { co_return HttpResponse{}; }

TEST(HttpRoutes, APathHasItsHandler) {
  HttpRoutes routes;
  routes.get("/now", [](const HttpRequest&) { return HttpResponse{.body = "now"}; });
  routes.add("POST", "/now", later);
  const auto get = routes.find("GET", "/now");
  const auto post = routes.find("POST", "/now");
  ASSERT_NE(get.handler, nullptr);
  ASSERT_NE(post.handler, nullptr);
  EXPECT_NE(get.handler, post.handler);
  EXPECT_EQ(routes.find("HEAD", "/now").handler, get.handler);
  EXPECT_EQ(get.path, "/now");
}

TEST(HttpRoutes, ANameAtTheEndStandsForTheRest) {
  HttpRoutes routes;
  routes.add("GET", "/v1/models/{id}", later);
  routes.add("GET", "/v1/models/new", later);
  const auto found = routes.find("GET", "/v1/models/org/name");
  EXPECT_EQ(found.path, "/v1/models/{id}");
  ASSERT_EQ(found.parameters.size(), 1U);
  EXPECT_EQ(found.parameters[0].name, "id");
  EXPECT_EQ(found.parameters[0].value, "org/name");
  EXPECT_EQ(routes.find("GET", "/v1/models/new").path, "/v1/models/new");
  EXPECT_EQ(routes.find("GET", "/v1/models/").error.code(), StatusCode::kNotFound);
}

TEST(HttpRoutes, ANameElsewhereStandsForWhatHasNoSlash) {
  HttpRoutes routes;
  routes.add("GET", "/v2/models/{model}", later);
  routes.add("POST", "/v2/models/{model}/infer", later);
  routes.add("POST", "/v2/models/{model}/versions/{version}/infer", later);
  routes.add("POST", "/v1/models/{model}:predict", later);
  const auto path_of = [&](std::string_view path) { return routes.find("POST", path).path; };
  EXPECT_EQ(path_of("/v2/models/m/infer"), "/v2/models/{model}/infer");
  EXPECT_EQ(path_of("/v1/models/a:b:predict"), "/v1/models/{model}:predict");
  EXPECT_EQ(path_of("/v2/models//infer"), "/v2/models/{model}");
  EXPECT_EQ(path_of("/v2/models/a/b/infer"), "/v2/models/{model}");
  EXPECT_EQ(path_of("/v1/models/:predict"), "");
  EXPECT_EQ(path_of("/v1/models/m:predicted"), "");
  const auto both = routes.find("POST", "/v2/models/m/versions/3/infer");
  EXPECT_EQ(both.path, "/v2/models/{model}/versions/{version}/infer");
  ASSERT_EQ(both.parameters.size(), 2U);
  EXPECT_EQ(both.parameters[0].value, "m");
  EXPECT_EQ(both.parameters[1].name, "version");
  EXPECT_EQ(both.parameters[1].value, "3");
}

TEST(HttpRoutes, WhatIsNotThereIsToldWithWhatIs) {
  HttpRoutes routes;
  routes.add("GET", "/now", later);
  const auto unknown = routes.find("GET", "/never");
  EXPECT_EQ(unknown.handler, nullptr);
  EXPECT_EQ(unknown.error.code(), StatusCode::kNotFound);
  EXPECT_EQ(unknown.error.message(), "there is no /never here; there is\n  /now");
  const auto method = routes.find("DELETE", "/now");
  EXPECT_EQ(method.handler, nullptr);
  EXPECT_EQ(method.error.code(), StatusCode::kUnimplemented);
  EXPECT_EQ(grpc::error_info(method.error)->get("limit"), "GET, HEAD");
}

TEST(HttpRoutes, ErrorsOfAPrefixAreWrittenItsWay) {
  HttpRoutes routes;
  routes.write_errors("/v1/", [](const Status&) { return HttpResponse{.status = 418}; });
  EXPECT_EQ((*routes.find("GET", "/v1/x").errors)(Status{StatusCode::kNotFound, "no"}).status, 418U);
  const HttpResponse text = (*routes.find("GET", "/x").errors)(Status{StatusCode::kNotFound, "no"});
  EXPECT_EQ(text.status, 404U);
  EXPECT_EQ(text.body, "no\n");
}

TEST(HttpRoutes, ErrorsOfARouteAreThoseOfTheLongestPrefix) {
  HttpRoutes routes;
  routes.write_errors("/v1/", [](const Status&) { return HttpResponse{.status = 418}; });
  routes.write_errors("/v1/{model}:predict", [](const Status&) { return HttpResponse{.status = 419}; });
  routes.add("GET", "/v1/{id}", later);
  routes.add("POST", "/v1/{model}:predict", later);
  const auto status_of = [&](std::string_view path) {
    return (*routes.find("GET", path).errors)(Status{StatusCode::kNotFound, "no"}).status;
  };
  EXPECT_EQ(status_of("/v1/m"), 418U);
  EXPECT_EQ(status_of("/v1/m:predict"), 419U);
}

}  // namespace
}  // namespace parlance::edge
