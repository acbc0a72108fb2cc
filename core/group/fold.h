/* fold.h: rows in key order -> the groups that a walk visits. Inside core/group. */
#ifndef FL_GROUP_FOLD_H
#define FL_GROUP_FOLD_H

#include "core/group/rows.h"
#include "core/group/store.h"

enum fl_status fl_fold_rows(struct fl_rows *rows, const struct fl_walk *walk);

#endif
