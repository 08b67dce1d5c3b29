/* empty.c: lets a folder be a library before it has sources of its own. */
typedef int oxbow_empty;
