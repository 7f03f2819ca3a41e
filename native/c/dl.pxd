"""dlopen: for libraries that are used where they are found and missed nowhere else."""

cdef extern from "<dlfcn.h>" nogil:
    const int RTLD_NOW
    const int RTLD_LOCAL
    void* dlopen(const char* path, int flags)
    void* dlsym(void* library, const char* name)
    int dlclose(void* library)
