// AOTInductor packages (feature `aoti`), in the rules of `shim.h`.
#pragma once

#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tx_package tx_package;

// Unpacks the model of a package and loads its code. `device` is the index of a device, -1 for the current one.
int tx_package_load(const char *path, const char *model, int single_threaded, size_t runners, int device,
                    tx_package **package, tx_bytes *error);
void tx_package_free(tx_package *package);
// Two texts: the structures of inputs and outputs as treespec JSON.
int tx_package_specs(tx_package *package, tx_bytes *out);
// The names of the constants.
int tx_package_constants(tx_package *package, tx_bytes *out);
// Runs the model. An output that is None is null. Several threads may do so at once, unless it was loaded as
// `single_threaded`.
int tx_package_run(tx_package *package, void *const *inputs, size_t len, tx_tensors *outputs, tx_bytes *error);
// Copies values into constants; `names` are as many texts as tensors. `full`: all of them must be given. It must not run
// while the model runs.
int tx_package_load_constants(tx_package *package, const uint8_t *names, size_t names_len, void *const *tensors,
                              size_t len, int full, tx_bytes *error);

#ifdef __cplusplus
}
#endif
