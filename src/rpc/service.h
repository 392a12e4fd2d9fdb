#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rpc/incoming.h"
#include "rpc/reader_writer.h"
#include "rpc/server_call.h"
#include "rpc/server_stream.h"
#include "rpc/task.h"
#include "rpc/written.h"

namespace parlance {

enum class MethodType : std::uint8_t { kUnary, kClientStreaming, kServerStreaming, kBidiStreaming };

/// One method of a service and how it is started. Made by the bind_* functions below; generated code calls
/// them.
class MethodBinding {
 public:
  class Starter {
   public:
    virtual ~Starter() = default;
    /// Begins the handler on this stream, inline.
    virtual void start(detail::ServerStream& stream) const = 0;
  };

  MethodBinding(std::string_view name, MethodType type, std::unique_ptr<Starter> starter)
      : name_(name), type_(type), starter_(std::move(starter)) {}

  /// "Predict".
  const std::string& name() const { return name_; }
  /// "/inference.InferenceService/Predict", once the service is added to a server.
  const std::string& path() const { return path_; }
  /// Counts the server's methods from 0.
  std::size_t number() const { return number_; }
  void set_path(std::string path, std::size_t number) {
    path_ = std::move(path);
    number_ = number;
  }
  MethodType type() const { return type_; }
  bool streams_requests() const {
    return type_ == MethodType::kClientStreaming || type_ == MethodType::kBidiStreaming;
  }
  bool streams_responses() const {
    return type_ == MethodType::kServerStreaming || type_ == MethodType::kBidiStreaming;
  }
  void start(detail::ServerStream& stream) const { starter_->start(stream); }

 private:
  std::string name_;
  std::string path_;
  std::size_t number_ = 0;
  MethodType type_;
  std::unique_ptr<Starter> starter_;
};

/// What a server serves under one name. Handlers of generated services derive from it.
class Service {
 public:
  virtual ~Service() = default;
  /// "inference.InferenceService".
  virtual std::string_view full_name() const = 0;
  /// Called once, when the service is added to a server; the bindings refer to this object.
  virtual std::vector<MethodBinding> methods() = 0;
  /// The server begins to drain: from now on answer health questions with NOT_SERVING. On any thread.
  virtual void on_shutdown() {}
};

namespace detail {

/// Answers the unary half of a method's outcome.
template <typename Response>
void finish_with(ServerStream& stream, const Task<Result<Response>>& task) {
  if (const Response* response = task.message()) {
    if (stream.has_interceptors()) return stream.end_with(frame_message(*response));
    send(stream, *response);
    stream.end({});
  } else {
    stream.end(task.result().error());
  }
}
template <typename Fields>
void finish_with(ServerStream& stream, Task<Result<Written<Fields>>>& task) {
  Result<Written<Fields>> response = task.take();
  if (response && stream.has_interceptors()) {
    stream.end_with(response->take_framed());
  } else if (response) {
    stream.send_message(response->take_framed());
    stream.end({});
  } else {
    stream.end(response.error());
  }
}
inline void finish_with(ServerStream& stream, const Task<Status>& task) { stream.end(task.result()); }

template <typename Request>
Incoming<Request> take_request(ServerStream& stream) {
  grpc::ReceivedMessage message = stream.take_request();
  return Incoming<Request>{std::move(message.payload), message.compressed};
}

/// Why a request must not reach its handler: a view that is not valid. Messages of libprotobuf are parsed
/// when the handler looks at them.
template <typename Request>
std::optional<Status> refusal(const Incoming<Request>& request) {
  if constexpr (wire::View<Request>) {
    if (Result<const Request*> parsed = request.parse(); !parsed) return std::move(parsed.error());
  }
  return std::nullopt;
}
/// Stands for a handler that is not begun.
template <typename Outcome>
Task<Outcome> refused(Status status) {
  co_return status;
}

/// A handler's coroutine on its stream, with the reader and the writer (`Kept`) that it was given.
template <typename Outcome, typename... Kept>
struct RunningHandler {
  explicit RunningHandler(ServerStream& of) : stream(of), kept((static_cast<void>(sizeof(Kept)), of)...) {}

  ServerStream& stream;
  std::tuple<Kept...> kept;
  std::optional<Task<Outcome>> task;

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* memory, std::size_t size_bytes) { Slab::deallocate(memory, size_bytes); }

  /// `call` calls the handler's method with what is kept.
  template <typename Call>
  static void start(ServerStream& stream, Call call) {
    auto* running = new RunningHandler{stream};
    stream.run(running, [](void* self) { delete static_cast<RunningHandler*>(self); });
    try {
      running->task.emplace(std::apply(call, running->kept));
    } catch (...) {  // a method that is no coroutine
      return running->fail();
    }
    running->task->start(&RunningHandler::finished, running);
  }

  static void finished(void* self) {
    auto& running = *static_cast<RunningHandler*>(self);
    try {
      finish_with(running.stream, *running.task);
    } catch (...) {
      return running.fail();
    }
    running.stream.handler_done();
  }

  void fail() {
    stream.end(stream.status_of_exception(std::current_exception()));
    stream.handler_done();
  }
};

// Each kind of method begins with its own arguments.

template <typename Handler, typename Request, typename Response>
void begin(ServerStream& stream, Handler& handler,
           Task<Result<Response>> (Handler::*method)(ServerCall&, Incoming<Request>)) {
  using Outcome = Result<Response>;
  Incoming<Request> request = take_request<Request>(stream);
  RunningHandler<Outcome>::start(stream, [&] {
    if (std::optional<Status> status = refusal(request)) return refused<Outcome>(*std::move(status));
    return (handler.*method)(stream, std::move(request));
  });
}

template <typename Handler, typename Request, typename Response>
void begin(ServerStream& stream, Handler& handler,
           Task<Result<Response>> (Handler::*method)(ServerCall&, Reader<Request>&)) {
  RunningHandler<Result<Response>, Reader<Request>>::start(
      stream, [&](Reader<Request>& in) { return (handler.*method)(stream, in); });
}

template <typename Handler, typename Request, typename Response>
void begin(ServerStream& stream, Handler& handler,
           Task<Status> (Handler::*method)(ServerCall&, Incoming<Request>, Writer<Response>&)) {
  Incoming<Request> request = take_request<Request>(stream);
  RunningHandler<Status, Writer<Response>>::start(stream, [&](Writer<Response>& out) {
    if (std::optional<Status> status = refusal(request)) return refused<Status>(*std::move(status));
    return (handler.*method)(stream, std::move(request), out);
  });
}

template <typename Handler, typename Request, typename Response>
void begin(ServerStream& stream, Handler& handler,
           Task<Status> (Handler::*method)(ServerCall&, Reader<Request>&, Writer<Response>&)) {
  RunningHandler<Status, Reader<Request>, Writer<Response>>::start(
      stream, [&](Reader<Request>& in, Writer<Response>& out) { return (handler.*method)(stream, in, out); });
}

template <typename Handler, typename Method>
class MethodStarter final : public MethodBinding::Starter {
 public:
  MethodStarter(Handler& handler, Method method) : handler_(handler), method_(method) {}
  void start(ServerStream& stream) const override { begin(stream, handler_, method_); }

 private:
  Handler& handler_;
  Method method_;
};

template <typename Handler, typename Method>
MethodBinding bind(std::string_view name, MethodType type, Handler& handler, Method method) {
  return {name, type, std::make_unique<MethodStarter<Handler, Method>>(handler, method)};
}

}  // namespace detail

/// `handler` must outlive the server; the server holds the Service it belongs to.
template <typename Handler, typename Request, typename Response>
MethodBinding bind_unary(std::string_view name, Handler& handler,
                         Task<Result<Response>> (Handler::*method)(ServerCall&, Incoming<Request>)) {
  return detail::bind(name, MethodType::kUnary, handler, method);
}

template <typename Handler, typename Request, typename Response>
MethodBinding bind_client_streaming(std::string_view name, Handler& handler,
                                    Task<Result<Response>> (Handler::*method)(ServerCall&,
                                                                              Reader<Request>&)) {
  return detail::bind(name, MethodType::kClientStreaming, handler, method);
}

template <typename Handler, typename Request, typename Response>
MethodBinding bind_server_streaming(std::string_view name, Handler& handler,
                                    Task<Status> (Handler::*method)(ServerCall&, Incoming<Request>,
                                                                    Writer<Response>&)) {
  return detail::bind(name, MethodType::kServerStreaming, handler, method);
}

template <typename Handler, typename Request, typename Response>
MethodBinding bind_bidi_streaming(std::string_view name, Handler& handler,
                                  Task<Status> (Handler::*method)(ServerCall&, Reader<Request>&,
                                                                  Writer<Response>&)) {
  return detail::bind(name, MethodType::kBidiStreaming, handler, method);
}

namespace detail {
/// What a method that its handler does not override answers.
Status method_not_served(std::string_view full_method);
}  // namespace detail

}  // namespace parlance
