/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin author's C++17: the same headers, the entry with C linkage.
 */
#include "tajo/plugin.h"
#include "tajo/sdk.h"

#include "layout_lp64.h"

#include <type_traits>

static_assert(std::is_standard_layout<tajo_descriptor>::value, "C and C++ agree on the layout");
static_assert(std::is_trivially_copyable<tajo_record>::value, "records are plain bytes");

static const tajo_descriptor descriptor = {};

const tajo_descriptor *tajo_plugin_entry_v1(void)
{
    tajo_sdk sdk = {nullptr, nullptr};
    (void)sdk;
    return &descriptor;
}
