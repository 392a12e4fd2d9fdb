#include "generation/client_shares.h"

#include <gtest/gtest.h>

namespace parlance::generation {
namespace {

TEST(ClientShares, WhoComesAnewBeginsAtTheLeastOfThosePresent) {
  ClientShares shares;
  ClientShares::Entry& busy = shares.enter("busy");
  EXPECT_EQ(busy.second.tokens, 0u);
  busy.second.tokens = 500;
  ClientShares::Entry& other = shares.enter("other");
  EXPECT_EQ(other.second.tokens, 500u);
  other.second.tokens = 510;
  EXPECT_EQ(shares.enter("third").second.tokens, 500u);
}

TEST(ClientShares, AClientIsKnownAsLongAsItHasASequence) {
  ClientShares shares;
  ClientShares::Entry& client = shares.enter("a");
  EXPECT_EQ(&shares.enter("a"), &client);
  shares.leave(client);
  EXPECT_EQ(shares.clients(), 1u);
  shares.leave(client);
  EXPECT_EQ(shares.clients(), 0u);
}

}  // namespace
}  // namespace parlance::generation
