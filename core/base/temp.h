/* temp.h: temporary files in TMPDIR (/tmp) without a name: they are gone when they are closed. */
#ifndef FL_BASE_TEMP_H
#define FL_BASE_TEMP_H

/* A file open for reading and writing; -1 and errno when there can be none. */
int fl_temp_open(void);
/* The folder, for messages. */
const char *fl_temp_folder(void);

#endif
