#include "edge/http_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::edge {
namespace {

Task<HttpResponse> later(HttpRequest request) { co_return HttpResponse{.body = "later " + request.path}; }

HttpResponse ask(const HttpRoutes& routes, std::string method, std::string path) {
  return routes.handle({.method = std::move(method), .path = std::move(path)}).wait();
}

TEST(HttpRoutes, APathHasItsHandler) {
  HttpRoutes routes;
  routes.get("/now", [](const HttpRequest&) { return HttpResponse{.body = "now"}; });
  routes.get("/later", HttpHandler{later});
  EXPECT_EQ(ask(routes, "GET", "/now").body, "now");
  EXPECT_EQ(ask(routes, "HEAD", "/now").body, "now");
  EXPECT_EQ(ask(routes, "GET", "/later").body, "later /later");
}

TEST(HttpRoutes, WhatIsNotThereIsToldWithWhatIs) {
  HttpRoutes routes;
  routes.get("/now", [](const HttpRequest&) { return HttpResponse{.body = "now"}; });
  const HttpResponse unknown = ask(routes, "GET", "/never");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_EQ(unknown.body, "there is no /never here; there is\n  /now\n");
  const HttpResponse method = ask(routes, "DELETE", "/now");
  EXPECT_EQ(method.status, 405U);
  ASSERT_EQ(method.fields.size(), 1U);
  EXPECT_EQ(method.fields[0].value, "GET, HEAD");
}

}  // namespace
}  // namespace parlance::edge
