;; Every callback that a request causes, each doing nothing.
(module
  {{prelude}}
  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_request_headers}} {{CONTINUE}})
  (func {{export proxy_on_response_headers}} {{CONTINUE}})
  (func {{export proxy_on_response_body}} {{CONTINUE}})
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
