/* What evote/group/native.c takes of Python's limited API, without Python.
 *
 * The extension is compiled unchanged against this header instead of Python's own, so that its
 * module functions are fuzzed as Python calls them, and more is seen than with Python around them:
 * bytes objects are exactly as long as they say (reading beyond is caught by the address
 * sanitizer), every object and every block is counted (a leak on any path is found at once), any
 * allocation can be made to fail, and no call may be made while the interpreter is released.
 */
#ifndef FUZZ_PYTHON_H
#define FUZZ_PYTHON_H

#include <stddef.h>

typedef ptrdiff_t Py_ssize_t;
typedef struct python_object PyObject;
typedef void (*PyCapsule_Destructor)(PyObject *);
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);

typedef struct {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;

typedef struct {
    int slot;
    void *value;
} PyModuleDef_Slot;

typedef struct {
    int m_base;
} PyModuleDef_Base;

typedef struct PyModuleDef {
    PyModuleDef_Base m_base;
    const char *m_name, *m_doc;
    Py_ssize_t m_size;
    PyMethodDef *m_methods;
    PyModuleDef_Slot *m_slots;
    void *m_traverse, *m_clear, *m_free;
} PyModuleDef;

#define PyModuleDef_HEAD_INIT {0}
#define PyMODINIT_FUNC PyObject *
#define Py_mod_exec 2
#define METH_VARARGS 1
#define METH_NOARGS 4
#define METH_O 8

extern PyObject *PyExc_ValueError;

PyObject *PyModuleDef_Init(PyModuleDef *definition);
PyObject *PyBytes_FromStringAndSize(const char *data, Py_ssize_t size);
char *PyBytes_AsString(PyObject *object);
int PyBytes_AsStringAndSize(PyObject *object, char **data, Py_ssize_t *size);
PyObject *PyCapsule_New(void *pointer, const char *name, PyCapsule_Destructor destroy);
void *PyCapsule_GetPointer(PyObject *object, const char *name);
PyObject *PyTuple_Pack(Py_ssize_t count, ...);
PyObject *PyBool_FromLong(long truth);
int PyArg_ParseTuple(PyObject *arguments, const char *format, ...);
void PyErr_SetString(PyObject *kind, const char *message);
PyObject *PyErr_Format(PyObject *kind, const char *format, ...);
PyObject *PyErr_NoMemory(void);
void Py_DECREF(PyObject *object);
void Py_XDECREF(PyObject *object);

void python_release(void);
void python_take_back(void);
#define Py_BEGIN_ALLOW_THREADS python_release()
#define Py_END_ALLOW_THREADS python_take_back()

/* --- What the harness asks, and native.c does not ------------------------------------------------ */

typedef enum { NO_ERROR, VALUE_ERROR, MEMORY_ERROR, TYPE_ERROR } python_error;

/* The error that is set, and forgets it. */
python_error python_take_error(void);
PyObject *python_kept(PyObject *object); /* with a reference more */
PyObject *python_integer(long value);
PyObject *python_tuple(size_t count, PyObject *const *items);
PyObject *python_item(const PyObject *tuple, size_t index);
size_t python_size(const PyObject *bytes);
int python_truth(const PyObject *boolean);

/* How many objects and blocks of native.c there are. */
size_t python_live(void);
/* Lets the allocation after the next `count` ones fail; negative: none. */
void python_fail_after(int count);

void *counted_malloc(size_t size);
void *counted_calloc(size_t count, size_t size);
void counted_free(void *block);

#endif
