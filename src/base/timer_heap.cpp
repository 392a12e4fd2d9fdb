#include "base/timer_heap.h"

#include <algorithm>

namespace parlance {
namespace {
constexpr std::size_t kArity = 4;
}

void TimerHeap::place(TimerNode* node, std::size_t index) {
  nodes_[index] = node;
  node->index_ = index;
}

void TimerHeap::sift_up(std::size_t index) {
  TimerNode* node = nodes_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / kArity;
    if (nodes_[parent]->at_ <= node->at_) break;
    place(nodes_[parent], index);
    index = parent;
  }
  place(node, index);
}

void TimerHeap::sift_down(std::size_t index) {
  TimerNode* node = nodes_[index];
  while (true) {
    const std::size_t first = index * kArity + 1;
    if (first >= nodes_.size()) break;
    const std::size_t last = std::min(first + kArity, nodes_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (nodes_[child]->at_ < nodes_[least]->at_) least = child;
    }
    if (nodes_[least]->at_ >= node->at_) break;
    place(nodes_[least], index);
    index = least;
  }
  place(node, index);
}

void TimerHeap::arm(TimerNode& node, TimePoint at) {
  if (!node.armed()) {
    node.at_ = at;
    node.index_ = nodes_.size();
    nodes_.push_back(&node);
    sift_up(node.index_);
    return;
  }
  const bool earlier = at < node.at_;
  node.at_ = at;
  if (earlier) {
    sift_up(node.index_);
  } else {
    sift_down(node.index_);
  }
}

void TimerHeap::disarm(TimerNode& node) {
  if (!node.armed()) return;
  const std::size_t index = node.index_;
  node.index_ = TimerNode::kIdle;
  TimerNode* last = nodes_.back();
  nodes_.pop_back();
  if (last == &node) return;
  place(last, index);
  sift_up(index);
  sift_down(last->index_);
}

void TimerHeap::fire(TimePoint now) {
  while (!nodes_.empty() && nodes_.front()->at_ <= now) {
    TimerNode& due = *nodes_.front();
    disarm(due);
    due.on_timer();
  }
}

}  // namespace parlance
