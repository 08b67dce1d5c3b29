/* render_int.h: the formats that render.c lists. */
#ifndef OXBOW_SHELL_RENDER_INT_H
#define OXBOW_SHELL_RENDER_INT_H

#include "shell/render.h"

extern const RenderFormat render_table, render_json;

#endif
