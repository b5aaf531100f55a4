"""Open research kit on the legal process outsourcing (LPO) market.

Rooms, from the ground floor up (a room imports only from the floors below it):

``errors``, ``paths``, ``vocabulary``
    What can go wrong, where the shipped files are, and what the words mean.
``wording``, ``parameters``, ``results``
    Numbers as prose, parameter models, and the result objects every estimator returns.
``charts``
    Drawings on tidy frames.
``methods``, ``evidence``
    General statistics without any LPO in them; what has been published.
``adoption``, ``savings``, ``risk``, ``databook``
    One room a question; the last asks what is on file.
``reporting``
    From parameters to notebook to report.
``cli``, ``workbench``
    The ``lpo`` command; sliders, scenarios and the browser of the evidence.

Nothing is imported here: ``import lpo_analysis`` stays free, and each room is imported by its name.
"""

__version__ = "0.1.0"
