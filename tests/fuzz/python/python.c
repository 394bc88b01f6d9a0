/* The stand-in for Python that Python.h describes. */

#include <Python.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { BYTES, CAPSULE, TUPLE, INTEGER, MODULE } object_kind;

struct python_object {
    object_kind kind;
    size_t references, size;
    char *bytes;
    void *pointer;
    const char *name;
    PyCapsule_Destructor destroy;
    PyObject *items[6];
    long value;
};

static struct python_object VALUE_ERROR_CLASS;
PyObject *PyExc_ValueError = &VALUE_ERROR_CLASS;

static python_error current_error;
static int is_released;
static size_t live;
static int allocations_left = -1;

static void demand(int holds, const char *sentence) {
    if (!holds) {
        fprintf(stderr, "FOUND: %s\n", sentence);
        abort();
    }
}

/* --- Memory -------------------------------------------------------------------------------------- */

size_t python_live(void) { return live; }

void python_fail_after(int count) { allocations_left = count; }

static int may_allocate(void) {
    if (allocations_left < 0)
        return 1;
    if (allocations_left == 0)
        return 0;
    allocations_left--;
    return 1;
}

void *counted_malloc(size_t size) {
    void *block = may_allocate() ? malloc(size) : NULL;
    live += block != NULL;
    return block;
}

void *counted_calloc(size_t count, size_t size) {
    void *block = may_allocate() ? calloc(count, size) : NULL;
    live += block != NULL;
    return block;
}

void counted_free(void *block) {
    live -= block != NULL;
    free(block);
}

/* --- Objects ------------------------------------------------------------------------------------- */

static PyObject *new_object(object_kind kind) {
    demand(!is_released, "an object is made while the interpreter is released");
    PyObject *object = counted_calloc(1, sizeof *object);
    if (!object)
        return PyErr_NoMemory();
    object->kind = kind;
    object->references = 1;
    return object;
}

void Py_DECREF(PyObject *object) {
    demand(!is_released, "an object is dropped while the interpreter is released");
    demand(object->references > 0, "an object is dropped once too often");
    if (--object->references)
        return;
    if (object->destroy)
        object->destroy(object);
    for (size_t i = 0; object->kind == TUPLE && i < object->size; i++)
        Py_DECREF(object->items[i]);
    free(object->bytes);
    counted_free(object);
}

PyObject *python_kept(PyObject *object) {
    object->references++;
    return object;
}

void Py_XDECREF(PyObject *object) {
    if (object)
        Py_DECREF(object);
}

PyObject *PyBytes_FromStringAndSize(const char *data, Py_ssize_t size) {
    demand(size >= 0, "bytes of a negative size");
    PyObject *object = new_object(BYTES);
    if (!object)
        return NULL;
    object->size = (size_t)size;
    object->bytes = malloc(size ? (size_t)size : 1);
    demand(object->bytes != NULL, "this machine has no memory left");
    if (data)
        memcpy(object->bytes, data, (size_t)size);
    else
        memset(object->bytes, 0xa5, (size_t)size); /* so that what is left unwritten differs */
    return object;
}

char *PyBytes_AsString(PyObject *object) {
    demand(!is_released && object->kind == BYTES, "no bytes, or asked for while released");
    return object->bytes;
}

int PyBytes_AsStringAndSize(PyObject *object, char **data, Py_ssize_t *size) {
    demand(!is_released, "bytes are asked for while the interpreter is released");
    if (object->kind != BYTES) {
        current_error = TYPE_ERROR;
        return -1;
    }
    *data = object->bytes;
    *size = (Py_ssize_t)object->size;
    return 0;
}

PyObject *PyCapsule_New(void *pointer, const char *name, PyCapsule_Destructor destroy) {
    PyObject *object = new_object(CAPSULE);
    if (!object)
        return NULL;
    object->pointer = pointer;
    object->name = name;
    object->destroy = destroy;
    return object;
}

void *PyCapsule_GetPointer(PyObject *object, const char *name) {
    demand(!is_released, "a handle is read while the interpreter is released");
    if (object->kind == CAPSULE && strcmp(object->name, name) == 0)
        return object->pointer;
    current_error = VALUE_ERROR;
    return NULL;
}

PyObject *python_tuple(size_t count, PyObject *const *items) {
    PyObject *object = new_object(TUPLE);
    if (!object)
        return NULL;
    demand(count <= sizeof object->items / sizeof *object->items, "a tuple of too many");
    for (; object->size < count; object->size++) {
        object->items[object->size] = items[object->size];
        items[object->size]->references++;
    }
    return object;
}

PyObject *PyTuple_Pack(Py_ssize_t count, ...) {
    PyObject *items[6];
    va_list list;
    va_start(list, count);
    for (Py_ssize_t i = 0; i < count; i++)
        items[i] = va_arg(list, PyObject *);
    va_end(list);
    return python_tuple((size_t)count, items);
}

PyObject *python_integer(long value) {
    PyObject *object = new_object(INTEGER);
    if (object)
        object->value = value;
    return object;
}

PyObject *PyBool_FromLong(long truth) { return python_integer(truth != 0); }

PyObject *PyModuleDef_Init(PyModuleDef *definition) {
    PyObject *object = new_object(MODULE);
    if (object)
        object->pointer = definition;
    return object;
}

/* --- Arguments: O any object, S bytes, i and n an integer ------------------------------------------ */

int PyArg_ParseTuple(PyObject *arguments, const char *format, ...) {
    va_list list;
    size_t place = 0;
    demand(!is_released && arguments->kind == TUPLE, "arguments that are no tuple");
    if (arguments->size != strlen(format)) {
        current_error = TYPE_ERROR;
        return 0;
    }
    va_start(list, format);
    for (; format[place]; place++) {
        PyObject *object = arguments->items[place];
        char letter = format[place];
        demand(strchr("OSin", letter) != NULL, "a format that the stand-in for Python lacks");
        if ((letter == 'S' && object->kind != BYTES) ||
            (strchr("in", letter) && object->kind != INTEGER))
            break;
        if (letter == 'i')
            *va_arg(list, int *) = (int)object->value;
        else if (letter == 'n')
            *va_arg(list, Py_ssize_t *) = object->value;
        else
            *va_arg(list, PyObject **) = object;
    }
    va_end(list);
    if (place < arguments->size)
        current_error = TYPE_ERROR;
    return place == arguments->size;
}

/* --- Errors -------------------------------------------------------------------------------------- */

static void set_error(PyObject *kind) {
    demand(!is_released, "an error is set while the interpreter is released");
    demand(kind == PyExc_ValueError, "an error of a kind that the stand-in for Python lacks");
    current_error = VALUE_ERROR;
}

void PyErr_SetString(PyObject *kind, const char *message) {
    (void)message;
    set_error(kind);
}

PyObject *PyErr_Format(PyObject *kind, const char *format, ...) {
    (void)format;
    set_error(kind);
    return NULL;
}

PyObject *PyErr_NoMemory(void) {
    demand(!is_released, "an error is set while the interpreter is released");
    current_error = MEMORY_ERROR;
    return NULL;
}

python_error python_take_error(void) {
    python_error error = current_error;
    current_error = NO_ERROR;
    return error;
}

void python_release(void) {
    demand(!is_released, "the interpreter is released twice");
    is_released = 1;
}

void python_take_back(void) {
    demand(is_released, "the interpreter is taken back twice");
    is_released = 0;
}

/* --- For the harness ----------------------------------------------------------------------------- */

PyObject *python_item(const PyObject *tuple, size_t index) {
    demand(tuple->kind == TUPLE && index < tuple->size, "an answer without this item");
    return tuple->items[index];
}

size_t python_size(const PyObject *bytes) {
    demand(bytes->kind == BYTES, "an answer that is no bytes");
    return bytes->size;
}

int python_truth(const PyObject *boolean) {
    demand(boolean->kind == INTEGER, "an answer that is no truth");
    return boolean->value != 0;
}
