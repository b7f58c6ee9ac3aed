//! Errors of the core as the exception classes of `patronomy.errors`.

use patronomy::Error;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The exception that stands for an error; the class is looked up by the name the core gives its kind.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    by_name(py, error.kind().class_name(), &error.to_string())
}

/// An exception of `patronomy.errors` by the name of its class.
pub(crate) fn by_name(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let raise = || -> PyResult<PyErr> {
        let class = py.import("patronomy.errors")?.getattr(class)?;
        Ok(PyErr::from_value(class.call1((message,))?))
    };
    raise().unwrap_or_else(|e| e)
}

/// A defect of ours: a worker panicked. The message asks for a report; nothing of the user's is lost.
pub(crate) fn defect(payload: &(dyn std::any::Any + Send)) -> PyErr {
    let text = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    PyRuntimeError::new_err(format!("internal error, please report it: {text}"))
}
