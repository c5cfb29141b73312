(module {{prelude}}
  (func {{export proxy_on_new_connection}} (nop) {{PAUSE}})
  (func {{export proxy_on_downstream_connection_close}} (nop)))
