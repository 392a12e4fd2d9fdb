#include "net/thread_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace parlance::net {

class ThreadPool::Impl {
 public:
  explicit Impl(std::size_t threads) : pool(threads) {}
  boost::asio::thread_pool pool;
};

ThreadPool::ThreadPool(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}

ThreadPool::~ThreadPool() { impl_->pool.join(); }

void ThreadPool::post(Job job) { boost::asio::post(impl_->pool, std::move(job)); }

}  // namespace parlance::net
