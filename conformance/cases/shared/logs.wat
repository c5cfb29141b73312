(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_log INFO "logged"}}))
