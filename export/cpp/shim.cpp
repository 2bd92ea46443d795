// The whole shim as one unit of translation: most of the time of a unit goes into libtorch's headers.
#include "wire.cpp"

#include "call.cpp"
#include "tensor.cpp"

#include "mode.cpp"
#include "vmap.cpp"
#include "child.cpp"
#include "plan.cpp"
#include "plan_typed.cpp"

#include "compact.cpp"
#include "frames.cpp"
#include "record.cpp"

#include "fake.cpp"
#include "fake_api.cpp"
#include "loose.cpp"
#include "repeat.cpp"
#include "state.cpp"

#include "rules.cpp"
#include "rules_data.cpp"
#include "rules_linalg.cpp"
#include "rules_network.cpp"
#include "rules_pointwise.cpp"
#include "rules_reduction.cpp"
#include "rules_shape.cpp"
