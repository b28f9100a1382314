"""The joint table: every network of a small space trained alone, with its exact accelerators; see README.md.

From the root of the repository: ``from benchmarks.joint_table import JointTable``.
"""

from benchmarks.joint_table.joint_table import JointTable
from benchmarks.joint_table.points import SPACE, all_points, point_name, table_splits

__all__ = ["SPACE", "JointTable", "all_points", "point_name", "table_splits"]
