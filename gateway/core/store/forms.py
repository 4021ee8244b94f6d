"""A statement as a driver wants it, taken from SQLAlchemy once: its care for each run and each row would cost as much as what is run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Update

_OWN = object()  # stands for what each row has of its own


@dataclass(frozen=True, slots=True)
class Form:
    """Its SQL, its parameters in order, how their values are bound, those that it has itself, and how what comes back is read."""

    sql: str
    by_name: bool
    names: list[str]
    bind: Mapping[str, Callable[[Any], Any]]
    fixed: dict[str, Any]
    read: Sequence[tuple[int, Callable[[Any], Any]]]  # the columns for which something is to be done, by their place

    @classmethod
    def of(cls, statement: "Select[Any] | Insert | Update", dialect: Dialect) -> "Form":
        compiled = statement.compile(dialect=dialect)
        names = compiled.positiontup or list(compiled.params)
        processors = {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
        bind = {name: process or _as_it_is for name, process in processors.items()}
        fixed = {name: compiled.params[name] for name in names if not compiled.binds[name].required}
        columns = statement.exported_columns
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        read = [(place, reader) for place, reader in enumerate(readers) if reader]
        return cls(str(compiled), compiled.positiontup is None, names, bind, fixed, read)

    def of_one(self, values: Mapping[str, Any]) -> Any:
        """The parameters of one run."""
        given = {**self.fixed, **values}
        bound = [self.bind[name](given[name]) for name in self.names]
        return dict(zip(self.names, bound, strict=True)) if self.by_name else tuple(bound)

    def of_many(self, rows: Sequence[Mapping[str, Any]], shared: Mapping[str, Any]) -> Any:
        """The parameters of a run for each row; all have `shared` in common."""
        same = {name: self.bind[name](value) for name, value in (self.fixed | dict(shared)).items()}
        plan = [(name, self.bind[name], same.get(name, _OWN)) for name in self.names]
        if self.by_name:
            return [{name: bind(row[name]) if one is _OWN else one for name, bind, one in plan} for row in rows]
        return [tuple([bind(row[name]) if one is _OWN else one for name, bind, one in plan]) for row in rows]

    def as_read(self, row: Sequence[Any]) -> list[Any]:
        """A row as it came, with the values that SQLAlchemy would give."""
        made = list(row)
        for place, reader in self.read:
            made[place] = reader(made[place])
        return made


def _as_it_is(value: Any) -> Any:
    return value
