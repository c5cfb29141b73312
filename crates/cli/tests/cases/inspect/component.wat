;; RUN: inspect %s
(component)
