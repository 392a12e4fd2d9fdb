#include "scheduling/request_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace parlance::scheduling {

RequestQueue::Place RequestQueue::place_of(const Waiting& request) const {
  if (order_ == models::QueueOrder::kArrival) return {TimePoint{}, request.number};
  const Deadline due = earliest(request.deadline, Deadline::after(request.arrived, kPatience));
  return {due.at(), request.number};
}

std::uint32_t RequestQueue::level_of(const Waiting& request) const {
  return order_ == models::QueueOrder::kArrival ? kLowestPriority : request.priority;
}

std::string_view RequestQueue::client_of(const Waiting& request) const {
  return order_ == models::QueueOrder::kArrival ? std::string_view{} : request.client;
}

void RequestQueue::push(Waiting& request) {
  Level& level = levels_[level_of(request)];
  const std::string_view name = client_of(request);
  auto client = level.clients.find(name);
  if (client == level.clients.end()) {
    client = level.clients.emplace(std::string{name}, Client{}).first;
    client->second.served_rows = level.floor_rows;
  }
  client->second.requests.emplace(place_of(request), &request);
  ++size_;
  rows_ += request.rows;
}

void RequestQueue::take_out(Levels::iterator level, decltype(Level::clients)::iterator client,
                            const Waiting& request) {
  const std::size_t erased = client->second.requests.erase(place_of(request));
  require(erased == 1, "RequestQueue: the request is not in it");
  if (client->second.requests.empty()) level->second.clients.erase(client);
  if (level->second.clients.empty()) levels_.erase(level);
  --size_;
  rows_ -= request.rows;
}

void RequestQueue::remove(Waiting& request) {
  const auto level = levels_.find(level_of(request));
  require(level != levels_.end(), "RequestQueue: the request is not in it");
  const auto client = level->second.clients.find(client_of(request));
  require(client != level->second.clients.end(), "RequestQueue: the request is not in it");
  take_out(level, client, request);
}

void RequestQueue::serve(Waiting& request) {
  const auto level = levels_.find(level_of(request));
  require(level != levels_.end(), "RequestQueue: the request is not in it");
  const auto client = level->second.clients.find(client_of(request));
  require(client != level->second.clients.end(), "RequestQueue: the request is not in it");
  level->second.floor_rows = std::max(level->second.floor_rows, client->second.served_rows);
  client->second.served_rows += request.rows;
  take_out(level, client, request);
}

Waiting& RequestQueue::last() const {
  require(!empty(), "RequestQueue: nobody waits");
  const auto& clients = levels_.rbegin()->second.clients;
  const auto most =
      std::ranges::max_element(clients, {}, [](const auto& client) { return client.second.requests.size(); });
  return *most->second.requests.rbegin()->second;
}

RequestQueue::Walk RequestQueue::walk() const { return Walk{*this}; }

void RequestQueue::Walk::enter_level() {
  for (; level_ != queue_.levels_.end() && heads_.empty(); ++level_) {
    for (const auto& [name, client] : level_->second.clients) {
      const auto first = client.requests.begin();
      heads_.push_back({client.served_rows / queue_.quantum_rows_, first->first, client.served_rows, first,
                        client.requests.end()});
    }
    std::ranges::make_heap(heads_, Head::later);
  }
}

Waiting* RequestQueue::Walk::next() {
  if (heads_.empty()) return nullptr;
  std::ranges::pop_heap(heads_, Head::later);
  Head& head = heads_.back();
  Waiting* request = head.at->second;
  head.served_rows += request->rows;
  head.turn = head.served_rows / queue_.quantum_rows_;
  ++head.at;
  if (head.at == head.end) {
    heads_.pop_back();
  } else {
    head.place = head.at->first;
    std::ranges::push_heap(heads_, Head::later);
  }
  if (heads_.empty()) enter_level();
  return request;
}

}  // namespace parlance::scheduling
