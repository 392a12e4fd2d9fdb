#pragma once

#include <span>
#include <string_view>

#include "simulation.h"

namespace parlance::simulation {

/// One kind of world and what must hold in it, whatever the seed.
struct Scenario {
  std::string_view name;
  void (*run)(Simulation&);
};

/// Bodies beyond every window and buffer, on a slow network that loses nothing: every call is OK and intact.
void flow_control(Simulation& simulation);
/// A network with every fault, deadlines, cancellations and clock steps: every call ends once, in time; every
/// handler ends; afterwards the clients recover.
void deadlines(Simulation& simulation);
/// Handlers that would take hours, and clients that leave before, on a network that loses nothing: the
/// handlers are cancelled soon after.
void cancellation(Simulation& simulation);
/// Servers that shut down gracefully amid calls: a call that reached a handler is answered.
void drain(Simulation& simulation);
/// Handlers that fail before they answer: as many attempts as it takes, and every call is OK.
void retries(Simulation& simulation);
/// The same when attempts run at once.
void hedging(Simulation& simulation);
/// Several servers, of which one leaves: every call is OK, and calls go where the policy says.
void balancing(Simulation& simulation);
/// Connections that are told to go for their age or idleness: no call notices.
void connection_age(Simulation& simulation);

}  // namespace parlance::simulation
