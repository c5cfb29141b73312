;; Every callback that a stream may cause, each doing nothing: what is measured is the way there and back.
(module
  {{prelude}}
  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_request_headers}} (i32.const 0))
  (func {{export proxy_on_request_body}} (i32.const 0))
  (func {{export proxy_on_response_headers}} (i32.const 0))
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
