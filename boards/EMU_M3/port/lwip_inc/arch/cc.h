#pragma once
#include <assert.h>

#define LWIP_PLATFORM_DIAG(message) // lwIP's messages are compiled out
#define LWIP_PLATFORM_ASSERT(message) assert(0 && (message))
#define LWIP_NO_CTYPE_H 1
