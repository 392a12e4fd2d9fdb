#pragma once

// The one header that the generated views of messages include.

#include "wire/fields.h"    // IWYU pragma: export
#include "wire/map.h"       // IWYU pragma: export
#include "wire/parsed.h"    // IWYU pragma: export
#include "wire/repeated.h"  // IWYU pragma: export
#include "wire/unknown.h"   // IWYU pragma: export
