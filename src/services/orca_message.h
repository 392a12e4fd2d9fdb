#pragma once

#include <string>

#include "services/load_figures.h"
#include "xds/data/orca/v3/orca_load_report.pb.h"

namespace parlance::services {

/// The report as it goes over the wire: numbers out of their range are left out (see LoadFigures).
::xds::data::orca::v3::OrcaLoadReport to_message(const LoadReport& report);

}  // namespace parlance::services
