;; A small plugin as people write them: reads the path, adds a header to the response.
(module
  {{imports}} {{marker}} {{memory}} {{data}}

  ;; Nothing outlives a callback, so each begins with an empty heap.
  (global $heap (mut i32) (i32.const 0x8000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_request_headers}}
    (global.set $heap (i32.const 0x8000))
    (if {{result proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}} (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (if {{result proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-bench" "tollgate"}} (then (unreachable)))
    {{CONTINUE}})
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
