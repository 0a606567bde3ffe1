"""Mutual information as a score of scikit-learn, and recalibration of a classifier."""

import numpy as np
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression

from infoscope.calibrate import RecalibratedClassifier
from infoscope.estimate import mutual_information_score_func

x, z = np.random.default_rng(0).normal(size=(2, 1000))
chosen = SelectKBest(mutual_information_score_func, k=1)
assert chosen.fit(np.c_[z, x], x > 0).get_support().tolist() == [False, True]
calibrated = RecalibratedClassifier(LogisticRegression()).fit(np.c_[z, x], (x + z > 0).astype(int))
assert calibrated.predict_proba(np.c_[z, x]).shape == (1000, 2)
