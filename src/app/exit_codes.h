#pragma once

namespace parlance::app {

// What the program ends with when no call's status says more; the numbers are those of sysexits.h. `parlance
// call` ends with the gRPC status code of the call, 0 to 16.

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;        // the command line is wrong
inline constexpr int kExitData = 65;         // the request is no JSON, or not of the method's type
inline constexpr int kExitNoInput = 66;      // a file or folder named cannot be read
inline constexpr int kExitUnavailable = 69;  // an address cannot be listened on
inline constexpr int kExitConfig = 78;       // the configuration file is wrong

}  // namespace parlance::app
