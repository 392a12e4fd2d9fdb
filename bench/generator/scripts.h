#pragma once

#include <memory>

#include "generator.h"

namespace bench {

/// The load of the generator's plan: connects, calls, warms up, measures, and stops the generator.
std::unique_ptr<Generator::Script> make_script(Generator& generator);

}  // namespace bench
